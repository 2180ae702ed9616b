/** Batch normalization of channels that do not stand last, of which tfjs has no gradient, and where it is frozen. */
import type { Tensor } from "@tensorflow/tfjs-core";

type Core = typeof import("@tensorflow/tfjs-core");
type Layers = typeof import("@tensorflow/tfjs-layers");

interface Normalization {
  axis: number;
  readonly trainable: boolean;
  call(this: Normalization, inputs: Tensor | Tensor[], options: object): Tensor;
}

/**
 * tfjs 4.22 raises in the backward pass for any other axis: the channels are put last, and back. As in Keras, frozen
 * batch normalization normalizes with the statistics it has, in training too.
 */
export function repairBatchNormalization(core: Core, { layers }: Layers): void {
  const prototype = Object.getPrototypeOf(layers.batchNormalization({})) as Normalization;
  // Called with the layer as `this`, as the prototype's own would be.
  // oxlint-disable-next-line unbound-method
  const own = prototype.call;
  prototype.call = function call(inputs, given) {
    const options = this.trainable ? given : { ...given, training: false };
    const [x] = [inputs].flat();
    const last = x.rank - 1;
    const axis = this.axis < 0 ? this.axis + x.rank : this.axis;
    if (axis === last) return own.call(this, inputs, options);
    const others = Array.from({ length: x.rank }, (_, i) => i).filter((i) => i !== axis);
    const order = [...others, axis];
    const back = order.map((_, i) => order.indexOf(i));
    const stated = this.axis;
    return core.tidy(() => {
      this.axis = last;
      try {
        return core.transpose(own.call(this, core.transpose(x, order), options), back);
      } finally {
        this.axis = stated;
      }
    });
  };
}
