/** Adagrad (Duchi et al. 2011; torch.optim.Adagrad). */
import type { Rule } from "./rule.js";

export interface AdagradOptions {
  readonly epsilon: number;
}

/** s ← s + g²; w ← w − rate · g / (√s + ε). */
export function adagrad({ epsilon }: AdagradOptions): Rule {
  return {
    slots: ["square"],
    update(algebra, { weights, gradients, slots: [square] }, { learningRate }) {
      const { add, divide, multiply, scale, shift, squareRoot, subtract } = algebra;
      const next = add(square, multiply(gradients, gradients));
      const step = divide(scale(gradients, learningRate), shift(squareRoot(next), epsilon));
      return { weights: subtract(weights, step), slots: [next] };
    },
  };
}
