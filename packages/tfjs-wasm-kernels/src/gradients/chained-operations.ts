/** Operations that tfjs' own gradients call as methods of a tensor. */
import type { DataType, Tensor } from "@tensorflow/tfjs-core";
import type { Core } from "../core.js";

/**
 * tfjs' own gradients and layers call `reshape` and `cast` as methods of a tensor, but only the union package
 * `@tensorflow/tfjs` registers methods; without them the gradient of `prod` fails.
 */
export function repairChainedOperations(core: Core): void {
  const prototype = core.Tensor.prototype as unknown as Record<string, unknown>;
  prototype.reshape ??= function reshape(this: Tensor, shape: number[]) {
    return core.reshape(this, shape);
  };
  prototype.cast ??= function cast(this: Tensor, dtype: DataType) {
    return core.cast(this, dtype);
  };
}
