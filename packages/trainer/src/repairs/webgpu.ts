/** All that is mended in tfjs-backend-webgpu. */
import { repairColumnSums } from "./column-sums.js";
import { repairFilterGradient } from "./filter-gradient.js";
import { repairInputGradient } from "./input-gradient.js";
import { repairTranspose } from "./transpose.js";
import { repairUploads } from "./uploads.js";
import type { WebgpuBackend } from "./webgpu-backend.js";

/** Call once, when the backend is made and its kernels are registered. */
export function repairWebgpu(core: typeof import("@tensorflow/tfjs-core"), backend: WebgpuBackend): void {
  repairTranspose(backend);
  repairUploads(backend);
  repairFilterGradient(core);
  repairInputGradient(core);
  repairColumnSums(core);
}
