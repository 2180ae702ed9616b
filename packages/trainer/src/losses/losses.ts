/** Every loss by name. */
import { binaryCrossentropy } from "./binary-crossentropy.js";
import { categoricalCrossentropy } from "./categorical-crossentropy.js";
import { huber } from "./huber.js";
import type { Loss } from "./loss.js";
import { meanAbsoluteErrorLoss } from "./mean-absolute-error.js";
import { meanSquaredError } from "./mean-squared-error.js";
import { sparseCategoricalCrossentropy } from "./sparse-categorical-crossentropy.js";

export const lossNames = [
  "sparseCategoricalCrossentropy",
  "categoricalCrossentropy",
  "binaryCrossentropy",
  "meanSquaredError",
  "meanAbsoluteError",
  "huber",
] as const;

export type LossName = (typeof lossNames)[number];

export const losses: Readonly<Record<LossName, Loss>> = {
  sparseCategoricalCrossentropy,
  categoricalCrossentropy,
  binaryCrossentropy,
  meanSquaredError,
  meanAbsoluteError: meanAbsoluteErrorLoss,
  huber,
};

/** The losses between labels, and those between numbers. */
export const labelLosses: readonly LossName[] = lossNames.slice(0, 3);
export const numberLosses: readonly LossName[] = lossNames.slice(3);
/** Those of labels that exclude each other. */
export const picksOneLabel: readonly LossName[] = lossNames.slice(0, 2);
