/** Adam, and AdamW with decay apart from the gradient (torch.optim.Adam, torch.optim.AdamW). */
import type { Rule } from "./rule.js";

export interface AdamOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Share of each weight, times the learning rate, that an update takes away (Loshchilov and Hutter 2019). */
  readonly weightDecay: number;
}

/** Kingma and Ba 2015: w ← w − rate · m̂ / (√v̂ + ε), where m̂ and v̂ are the means without their bias towards zero. */
export function adam({ beta1, beta2, epsilon, weightDecay }: AdamOptions): Rule {
  return {
    slots: ["mean", "square"],
    update(algebra, { weights, gradients, slots: [mean, square] }, { learningRate, update }) {
      const { add, divide, multiply, scale, shift, squareRoot, subtract } = algebra;
      const nextMean = add(scale(mean, beta1), scale(gradients, 1 - beta1));
      const nextSquare = add(scale(square, beta2), scale(multiply(gradients, gradients), 1 - beta2));
      const root = scale(squareRoot(nextSquare), 1 / Math.sqrt(1 - beta2 ** update));
      const step = scale(nextMean, learningRate / (1 - beta1 ** update));
      const kept = weightDecay === 0 ? weights : scale(weights, 1 - learningRate * weightDecay);
      return { weights: subtract(kept, divide(step, shift(root, epsilon))), slots: [nextMean, nextSquare] };
    },
  };
}
