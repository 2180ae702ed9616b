/** Layer normalization without copies: tfjs' own repeats mean, deviation and weights for each step, and adds gradients up one by one. */
import type { Tensor } from "@tensorflow/tfjs-core";

type Core = typeof import("@tensorflow/tfjs-core");
type Layers = typeof import("@tensorflow/tfjs-layers");

interface Weight {
  read(): Tensor;
}

interface Normalization {
  readonly axis: readonly number[];
  readonly epsilon: number;
  readonly gamma: Weight | null;
  readonly beta: Weight | null;
}

/** For samples of 15 steps of 48 numbers in batches of 64, a step of training has some 2,000 operations fewer. */
export function repairLayerNormalization(core: Core, { layers }: Layers): void {
  const prototype = Object.getPrototypeOf(layers.layerNormalization({})) as {
    call(this: Normalization, inputs: Tensor | Tensor[]): Tensor;
  };
  prototype.call = function call(inputs) {
    return core.tidy(() => {
      const [x] = [inputs].flat();
      const axes = [...this.axis];
      const shape = x.shape.map((extent, axis) => (axes.includes(axis) ? extent : 1));
      const apart = core.sub(x, core.mean(x, axes, true));
      const variance = core.mean(core.square(apart), axes, true);
      const normal = core.mul(apart, core.rsqrt(core.add(variance, this.epsilon)));
      const scaled = this.gamma === null ? normal : core.mul(normal, core.reshape(this.gamma.read(), shape));
      return this.beta === null ? scaled : core.add(scaled, core.reshape(this.beta.read(), shape));
    });
  };
}
