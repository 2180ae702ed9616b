/** All repairs of gradients, in one call. */
import type { Core } from "../core.js";
import { repairAveragePooling } from "./average-pooling.js";
import { repairChainedOperations } from "./chained-operations.js";
import { repairResizing } from "./resizing-gradients.js";

/**
 * Corrects the gradients that tfjs 4.22 has wrong on the current backend: average pooling with padding, resizing, and
 * those that call chained operations. Call it after each `setBackend`; what is corrected already stays.
 */
export function repairGradients(tf: Core): void {
  repairChainedOperations(tf);
  repairAveragePooling(tf);
  repairResizing(tf);
}
