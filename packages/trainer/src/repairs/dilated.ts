/** Convolutions that tfjs has, but does not train: dilated ones, and causal ones, which see no later time step. */
import type { Tensor, Tensor4D } from "@tensorflow/tfjs-core";

type Core = typeof import("@tensorflow/tfjs-core");
type Layers = typeof import("@tensorflow/tfjs-layers");
type Pair = [number, number];

interface Convolution {
  readonly rank: number;
  readonly kernelSize: readonly number[];
  readonly strides: readonly number[];
  readonly dilationRate: readonly number[];
  readonly padding: "valid" | "same" | "causal";
  readonly dataFormat: "channelsFirst" | "channelsLast";
  readonly kernel: { read(): Tensor };
  readonly bias: { read(): Tensor } | null;
  readonly activation: { apply(x: Tensor): Tensor };
  readonly filters: number;
  call: (this: Convolution, inputs: Tensor | Tensor[], options: object) => Tensor;
  computeOutputShape: (this: Convolution, shape: Shape | Shape[]) => Shape;
}

type Shape = (number | null)[];

/** tfjs 4.22 raises in the backward pass of the one, and in the forward pass of the other. Those of one and two axes are mended. */
export function repairDilated(core: Core, { layers }: Layers): void {
  const prototype = callOwner(layers.conv2d({ filters: 1, kernelSize: 1 }));
  const before = { call: prototype.call, computeOutputShape: prototype.computeOutputShape };
  prototype.call = function call(inputs, options) {
    const isDilated =
      this.dilationRate.some((rate) => rate > 1) && this.strides.every((stride) => stride === 1);
    if (this.rank > 2 || !(isDilated || this.padding === "causal"))
      return before.call.call(this, inputs, options);
    return core.tidy(() => convolved(core, this, [inputs].flat()[0]));
  };
  prototype.computeOutputShape = function computeOutputShape(shape) {
    const [first] = shape;
    const own = Array.isArray(first) ? first : (shape as Shape);
    return this.padding === "causal" ? causalShape(this, own) : before.computeOutputShape.call(this, shape);
  };
}

/** tfjs takes causal padding for none. Only convolutions over time have it. */
function causalShape({ dataFormat, strides, filters }: Convolution, [samples, ...rest]: Shape): Shape {
  const length = dataFormat === "channelsFirst" ? rest[1] : rest[0];
  const left = length === null ? null : Math.ceil(length / strides[0]);
  return dataFormat === "channelsFirst" ? [samples, filters, left] : [samples, left, filters];
}

/** Conv1D and Conv2D have it from one class. */
function callOwner(layer: object): Convolution {
  let owner = Object.getPrototypeOf(layer) as object;
  while (!Object.hasOwn(owner, "call")) owner = Object.getPrototypeOf(owner) as object;
  return owner as Convolution;
}

function convolved(core: Core, layer: Convolution, input: Tensor): Tensor {
  const { rank, dataFormat, kernel, bias, activation } = layer;
  const isFirst = dataFormat === "channelsFirst";
  const last = isFirst ? core.transpose(input, rank === 1 ? [0, 2, 1] : [0, 2, 3, 1]) : input;
  const x = (rank === 1 ? core.expandDims(last, 1) : last) as Tensor4D;
  const filter = (rank === 1 ? core.expandDims(kernel.read(), 0) : kernel.read()) as Tensor4D;
  const pair = (values: readonly number[]): Pair => (rank === 1 ? [1, values[0]] : [values[0], values[1]]);
  const [strides, dilations] = [pair(layer.strides), pair(layer.dilationRate)];
  const [top, left] = [0, 1].map((axis) =>
    paddingOf(layer, x.shape[1 + axis], filter.shape[axis], strides[axis], dilations[axis]),
  );
  const padded = core.pad(x, [[0, 0], top, left, [0, 0]]);
  const made = convolution(core, padded, filter, strides, dilations);
  const flat = rank === 1 ? core.squeeze(made, [1]) : made;
  const outputs = activation.apply(bias === null ? flat : core.add(flat, bias.read()));
  return isFirst ? core.transpose(outputs, rank === 1 ? [0, 2, 1] : [0, 3, 1, 2]) : outputs;
}

/** Zeros before and behind an axis. */
function paddingOf(
  { padding }: Convolution,
  extent: number,
  taps: number,
  stride: number,
  dilation: number,
): Pair {
  const window = (taps - 1) * dilation + 1;
  if (padding === "valid") return [0, 0];
  if (padding === "causal") return [window - 1, 0];
  const all = Math.max((Math.ceil(extent / stride) - 1) * stride + window - extent, 0);
  return [Math.floor(all / 2), all - Math.floor(all / 2)];
}

function convolution(
  core: Core,
  padded: Tensor4D,
  weights: Tensor4D,
  strides: Pair,
  dilations: Pair,
): Tensor4D {
  if (dilations.every((rate) => rate === 1)) return core.conv2d(padded, weights, strides, "valid");
  const apply = core.customGrad((...given: unknown[]) => {
    const [x, filter, save] = given as [Tensor4D, Tensor4D, (tensors: Tensor[]) => void];
    save([x, filter]);
    return {
      value: core.conv2d(x, filter, 1, "valid", "NHWC", dilations),
      gradFunc: (dy: Tensor, saved: Tensor[]) => [
        inputGradient(core, dy as Tensor4D, saved[1] as Tensor4D, dilations),
        filterGradient(core, dy as Tensor4D, saved[0] as Tensor4D, dilations),
      ],
    };
  });
  return apply(padded, weights);
}

/** `dy` convolved with the filter turned around, as far apart as before. */
function inputGradient(core: Core, dy: Tensor4D, filter: Tensor4D, dilations: Pair): Tensor4D {
  const [top, left] = [0, 1].map((axis) => (filter.shape[axis] - 1) * dilations[axis]);
  const wide = core.pad(dy, [
    [0, 0],
    [top, top],
    [left, left],
    [0, 0],
  ]);
  const turned = core.transpose(core.reverse(filter, [0, 1]), [0, 1, 3, 2]);
  return core.conv2d(wide, turned, 1, "valid", "NHWC", dilations);
}

/** `x` convolved with `dy` in steps of the dilation, samples in the place of channels. */
function filterGradient(core: Core, dy: Tensor4D, x: Tensor4D, dilations: Pair): Tensor4D {
  const made = core.conv2d(
    core.transpose(x, [3, 1, 2, 0]),
    core.transpose(dy, [1, 2, 0, 3]),
    dilations,
    "valid",
  );
  return core.transpose(made, [1, 2, 0, 3]);
}
