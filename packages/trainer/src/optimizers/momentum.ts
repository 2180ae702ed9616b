/** Gradient descent, plain or with momentum (torch.optim.SGD). */
import type { Algebra, Rule } from "./rule.js";

export interface SgdOptions {
  /** This much of each weight is added to its gradient. */
  readonly weightDecay: number;
}

export interface MomentumOptions extends SgdOptions {
  readonly momentum: number;
  readonly nesterov: boolean;
}

/** w ← w − rate · (g + decay · w). */
export function sgd({ weightDecay }: SgdOptions): Rule {
  return {
    slots: [],
    update(algebra, { weights, gradients }, { learningRate }) {
      const decayed = withDecay(algebra, weights, gradients, weightDecay);
      return { weights: algebra.subtract(weights, algebra.scale(decayed, learningRate)), slots: [] };
    },
  };
}

/** v ← momentum · v + g; w ← w − rate · v, or with nesterov w − rate · (g + momentum · v). */
export function momentum({ momentum, nesterov, weightDecay }: MomentumOptions): Rule {
  return {
    slots: ["velocity"],
    update(algebra, { weights, gradients, slots: [velocity] }, { learningRate }) {
      const { add, scale, subtract } = algebra;
      const gradient = withDecay(algebra, weights, gradients, weightDecay);
      const next = add(scale(velocity, momentum), gradient);
      const step = nesterov ? add(gradient, scale(next, momentum)) : next;
      return { weights: subtract(weights, scale(step, learningRate)), slots: [next] };
    },
  };
}

function withDecay<T>({ add, scale }: Algebra<T>, weights: T, gradients: T, decay: number): T {
  return decay === 0 ? gradients : add(gradients, scale(weights, decay));
}
