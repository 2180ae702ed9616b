/** Masks that tfjs-layers makes and then forgets: padding must not change an answer. */
import type { Tensor } from "@tensorflow/tfjs-core";

type Core = typeof import("@tensorflow/tfjs-core");
type Layers = typeof import("@tensorflow/tfjs-layers");

interface Call {
  (inputs: Tensor | Tensor[], kwargs: { mask?: Tensor | Tensor[] | null }): Tensor;
}

interface Prototype {
  computeMask(this: unknown, inputs: Tensor[], mask?: (Tensor | null | undefined)[] | null): Tensor | null;
  apply(inputs: unknown, kwargs?: Record<string, unknown>): unknown;
  call: Call;
}

/**
 * An embedding with `maskZero` hands its mask on, global pooling over time leaves padded steps out, layers that join
 * sequences join their masks, and a mask does not stay for later layers that were given none. tfjs' own layers do none of
 * the four.
 */
export function repairMasks(core: Core, { layers }: Layers): void {
  const embedding = prototypeOf(layers.embedding({ inputDim: 1, outputDim: 1 }));
  Object.defineProperty(embedding, "supportsMasking", {
    get(this: { maskZero?: boolean }) {
      return this.maskZero === true;
    },
    // The constructor of every layer sets it.
    set() {},
    configurable: true,
  });
  forgetMasks(layers.Layer.prototype as unknown as Prototype);
  joinMasks(core, layers);
  const mean = prototypeOf(layers.globalAveragePooling1d({}));
  mean.call = overTime(core, mean.call, (x, mask) =>
    core.div(core.sum(core.mul(x, mask), 1), core.maximum(core.sum(mask, 1), 1)),
  );
  const most = prototypeOf(layers.globalMaxPooling1d({}));
  most.call = overTime(core, most.call, (x, mask) => {
    const padding = core.mul(core.sub(mask, 1), 3e38);
    return core.mul(core.max(core.add(core.mul(x, mask), padding), 1), core.max(mask, 1));
  });
}

/** `masked` where there is a mask, 1 for each step that counts, shape [samples, steps, 1]; else what tfjs does. */
function overTime(core: Core, own: Call, masked: (x: Tensor, mask: Tensor) => Tensor): Call {
  return function call(this: unknown, inputs, kwargs) {
    const [mask] = [kwargs?.mask].flat();
    if (mask === undefined || mask === null) return own.call(this, inputs, kwargs);
    return core.tidy(() => {
      const [x] = [inputs].flat();
      return masked(x, core.expandDims(core.cast(core.cast(mask, "bool"), "float32"), 2));
    });
  };
}

/** A step of what is joined is padding where one of those is that say which are; the first says which documents there are. */
function joinMasks(core: Core, layers: Layers["layers"]): void {
  const sum = prototypeOf(layers.add());
  const merging = Object.getPrototypeOf(sum) as Prototype;
  const both: Prototype["computeMask"] = (_inputs, mask) => {
    const [first, ...others] = (mask ?? []).filter((each) => each !== null && each !== undefined);
    if (first === undefined) return null;
    return core.tidy(() =>
      others.reduce((all, each) => core.mul(all, core.cast(each, "bool")), core.cast(first, "float32")),
    );
  };
  merging.computeMask = both;
  const joined = prototypeOf(layers.concatenate());
  // Called with the layer as `this`, as the prototype's own would be.
  // oxlint-disable-next-line unbound-method
  const own = joined.computeMask;
  joined.computeMask = function computeMask(this: { axis: number }, inputs, mask) {
    const axis = this.axis < 0 ? this.axis + inputs[0].rank : this.axis;
    if (axis !== 1 || inputs[0].rank < 3 || !Array.isArray(mask)) return both(inputs, mask);
    const bools = mask.map((each) => (each === null || each === undefined ? each : core.cast(each, "bool")));
    const filled = bools.map((each, i) => each ?? core.ones(inputs[i].shape.slice(0, 2), "bool"));
    return bools.some((each) => each !== null && each !== undefined)
      ? core.concat(filled, 1)
      : own.call(this, inputs, mask);
  };
}

/** The arguments of a call are handed from layer to layer: each takes its own mask out again. */
function forgetMasks(prototype: Prototype): void {
  // Called with the layer as `this`, as the prototype's own would be.
  // oxlint-disable-next-line unbound-method
  const own = prototype.apply;
  prototype.apply = function apply(this: unknown, inputs, kwargs) {
    try {
      return own.call(this, inputs, kwargs);
    } finally {
      if (kwargs !== undefined && kwargs !== null) delete kwargs.mask;
    }
  };
}

function prototypeOf(layer: unknown): Prototype {
  return Object.getPrototypeOf(layer) as Prototype;
}
