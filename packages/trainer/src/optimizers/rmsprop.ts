/** RMSprop (Hinton 2012; torch.optim.RMSprop). */
import type { Rule } from "./rule.js";

export interface RmspropOptions {
  readonly decay: number;
  readonly momentum: number;
  readonly epsilon: number;
}

/** s ← decay · s + (1 − decay) · g²; v ← momentum · v + g / (√s + ε); w ← w − rate · v. */
export function rmsprop({ decay, momentum, epsilon }: RmspropOptions): Rule {
  return {
    slots: ["square", "velocity"],
    update(algebra, { weights, gradients, slots: [square, velocity] }, { learningRate }) {
      const { add, divide, multiply, scale, shift, squareRoot, subtract } = algebra;
      const nextSquare = add(scale(square, decay), scale(multiply(gradients, gradients), 1 - decay));
      const scaled = divide(gradients, shift(squareRoot(nextSquare), epsilon));
      const next = add(scale(velocity, momentum), scaled);
      return { weights: subtract(weights, scale(next, learningRate)), slots: [nextSquare, next] };
    },
  };
}
