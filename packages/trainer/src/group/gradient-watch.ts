/** Tells when a weight's gradient is whole, while the backward pass still computes those of other weights. */
import type { Tensor } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Engine } from "../engine.js";

type Weights = LayersModel["trainableWeights"];

/** A part of the gradient of weight `index`; `isWhole` with the last of them. */
type Tell = (index: number, part: Tensor, isWhole: boolean) => void;

/**
 * Puts an identity between each weight and whoever reads it in the forward pass: its gradient function is called as soon as that of
 * what was read is known. A weight that is read several times has as many parts; one that is read in vain, or by another way, is
 * not told of.
 */
export class GradientWatch {
  readonly #weights: Weights;
  readonly #left: number[];
  #isOn = false;

  constructor(engine: Engine, weights: Weights, tell: Tell) {
    this.#weights = weights;
    this.#left = weights.map(() => 0);
    for (const [i, weight] of weights.entries()) {
      const read = weight.read.bind(weight);
      const through = engine.customGrad((x) => ({
        value: engine.clone(x as Tensor),
        gradFunc: (part: Tensor) => {
          this.#left[i]--;
          tell(i, part, this.#left[i] === 0);
          return part;
        },
      }));
      weight.read = () => {
        if (!this.#isOn) return read();
        this.#left[i]++;
        return through(read());
      };
    }
  }

  /** Runs a forward pass whose reads are watched. */
  during<T>(forward: () => T): T {
    this.#left.fill(0);
    this.#isOn = true;
    try {
      return forward();
    } finally {
      this.#isOn = false;
    }
  }

  /** Weights are read as before. */
  close(): void {
    for (const weight of this.#weights) Reflect.deleteProperty(weight, "read");
  }
}
