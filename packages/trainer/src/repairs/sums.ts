/** The gradients of sums and means, made where the tensors are. */
import type { Tensor } from "@tensorflow/tfjs-core";

type Core = typeof import("@tensorflow/tfjs-core");

/**
 * tfjs-core 4.22 spreads the gradient of a sum or mean with an array of ones as large as what was summed, which it makes
 * in JavaScript: on a GPU batch normalization uploaded its whole input several times over. Here the device fills it; the
 * arithmetic stays what it was.
 */
export function repairSums(core: Core): void {
  const spread = (dy: Tensor, x: Tensor, axis: number | number[]): { derivative: Tensor; count: number } => {
    const axes = core.util.parseAxisParam(axis, x.shape);
    const shape = x.shape.map((extent, i) => (axes.includes(i) ? 1 : extent));
    const derivative = core.mul(core.reshape(dy, shape), core.fill(x.shape, 1, "float32"));
    return { derivative, count: axes.reduce((count, i) => count * x.shape[i], 1) };
  };
  core.getGradient("Sum").gradFunc = (dy, [x], attributes) => ({
    x: () => spread(dy as Tensor, x, attributes.axis as number | number[]).derivative,
  });
  core.getGradient("Mean").gradFunc = (dy, [x], attributes) => ({
    x: () => {
      const { derivative, count } = spread(dy as Tensor, x, attributes.axis as number | number[]);
      return core.div(derivative, count);
    },
  });
}
