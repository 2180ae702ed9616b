/** What each kernel of tfjs is in a TensorFlow graph. */
import { type Attribute, flag, type Graph, list, NotInGraph, real, text, typeOf } from "./nodes.js";
import type { Step } from "./trace.js";

/** References to nodes by the kernel's own names of its inputs. */
export type References = Readonly<Record<string, string>>;

type Write = (graph: Graph, step: Step, inputs: References) => string;

const unary =
  (op: string): Write =>
  (graph, _step, { x, logits }) =>
    graph.add(op, [x ?? logits]);

const binary =
  (op: string): Write =>
  (graph, _step, { a, b }) =>
    graph.add(op, [a, b]);

const reduction =
  (op: string): Write =>
  (graph, { attributes }, { x }) =>
    graph.add(op, [x, graph.integers(numbers(attributes.axis ?? attributes.reductionIndices))], {
      keep_dims: flag(attributes.keepDims === true),
    });

const lastAxis =
  (op: string, attribute: string): Write =>
  (graph, { attributes, inputShape }, { logits }) => {
    const axis = attributes[attribute] as number;
    if (axis === -1 || axis === inputShape.length - 1) return graph.add(op, [logits]);
    throw new NotInGraph(`${op} along an axis that is not the last`);
  };

const convolution =
  (op: string): Write =>
  (graph, { attributes }, { x, filter, bias, preluActivationWeights }) => {
    const made = graph.add(op, [x, filter], {
      strides: list([1, ...pair(attributes.strides), 1]),
      dilations: list([1, ...pair(attributes.dilations ?? 1), 1]),
      padding: padding(attributes.pad),
      data_format: layout(attributes.dataFormat),
    });
    return finished(graph, attributes, made, bias, preluActivationWeights);
  };

const pooling =
  (op: string): Write =>
  (graph, { attributes }, { x }) =>
    graph.add(op, [x], {
      ksize: list([1, ...pair(attributes.filterSize), 1]),
      strides: list([1, ...pair(attributes.strides), 1]),
      padding: padding(attributes.pad),
      data_format: layout(undefined),
    });

const resizing =
  (op: string): Write =>
  (graph, { attributes }, { images }) =>
    graph.add(op, [images, graph.integers(numbers(attributes.size))], {
      align_corners: flag(attributes.alignCorners === true),
      half_pixel_centers: flag(attributes.halfPixelCenters === true),
    });

const product: Write = (graph, { attributes }, { a, b, bias, preluActivationWeights }) => {
  const adj_x = flag(attributes.transposeA === true);
  const adj_y = flag(attributes.transposeB === true);
  const made = graph.add("BatchMatMulV2", [a, b], { adj_x, adj_y });
  return finished(graph, attributes, made, bias, preluActivationWeights);
};

const batchNorm: Write = (graph, { attributes, inputShape }, { x, scale, offset, mean, variance }) => {
  const channels = inputShape.at(-1) ?? 1;
  const filled = (value: number) =>
    graph.constant(new Float32Array(channels).fill(value), [channels], "float32");
  return graph.add("FusedBatchNormV3", [x, scale ?? filled(1), offset ?? filled(0), mean, variance], {
    epsilon: real(attributes.varianceEpsilon as number),
    is_training: flag(false),
    data_format: layout(undefined),
  });
};

const same = "Relu Relu6 Elu Selu Sigmoid Tanh Softplus Exp Log Sqrt Rsqrt Square Neg Abs Erf Identity".split(
  " ",
);

/** By the kernel's name; what is not here cannot be exported. */
export const operations: Readonly<Record<string, Write>> = {
  ...Object.fromEntries(same.map((name) => [name, unary(name)])),
  Softmax: lastAxis("Softmax", "dim"),
  LogSoftmax: lastAxis("LogSoftmax", "axis"),
  Add: binary("AddV2"),
  Sub: binary("Sub"),
  Multiply: binary("Mul"),
  RealDiv: binary("RealDiv"),
  Maximum: binary("Maximum"),
  Minimum: binary("Minimum"),
  Pow: binary("Pow"),
  Equal: binary("Equal"),
  Greater: binary("Greater"),
  ExpandDims: (graph, { attributes }, { input }) =>
    graph.add("ExpandDims", [input, graph.constant([attributes.dim as number], [], "int32")]),
  Mean: reduction("Mean"),
  Sum: reduction("Sum"),
  Max: reduction("Max"),
  Min: reduction("Min"),
  Conv2D: convolution("Conv2D"),
  FusedConv2D: convolution("Conv2D"),
  DepthwiseConv2dNative: convolution("DepthwiseConv2dNative"),
  FusedDepthwiseConv2D: convolution("DepthwiseConv2dNative"),
  MaxPool: pooling("MaxPool"),
  AvgPool: pooling("AvgPool"),
  BatchMatMul: product,
  _FusedMatMul: product,
  FusedBatchNorm: batchNorm,
  ResizeBilinear: resizing("ResizeBilinear"),
  ResizeNearestNeighbor: resizing("ResizeNearestNeighbor"),
  Tile: (graph, { attributes }, { x }) => graph.add("Tile", [x, graph.integers(numbers(attributes.reps))]),
  Prelu: (graph, _step, { x, alpha }) => graph.add("Prelu", [x, alpha]),
  LeakyRelu: (graph, { attributes }, { x }) =>
    graph.add("LeakyRelu", [x], { alpha: real(attributes.alpha as number) }),
  Reshape: (graph, { attributes }, { x }) =>
    graph.add("Reshape", [x, graph.integers(numbers(attributes.shape))]),
  Transpose: (graph, { attributes }, { x }) =>
    graph.add("Transpose", [x, graph.integers(numbers(attributes.perm))]),
  Cast: (graph, { outputType }, { x }) => graph.add("Cast", [x], { DstT: typeOf(outputType) }),
  ClipByValue: (graph, { attributes }, { x }) => {
    const bound = (name: string) => graph.constant([attributes[name] as number], [], "float32");
    return graph.add("ClipByValue", [x, bound("clipValueMin"), bound("clipValueMax")]);
  },
  Concat: (graph, { attributes }, inputs) => {
    const parts = Object.values(inputs);
    const axis = graph.constant([attributes.axis as number], [], "int32");
    return graph.add("ConcatV2", [...parts, axis], { N: { i: String(parts.length) } });
  },
  GatherV2: (graph, { attributes }, { x, indices }) => {
    const axis = graph.constant([attributes.axis as number], [], "int32");
    return graph.add("GatherV2", [x, indices, axis]);
  },
  Slice: (graph, { attributes }, { x }) =>
    graph.add("Slice", [
      x,
      graph.integers(numbers(attributes.begin)),
      graph.integers(numbers(attributes.size)),
    ]),
  PadV2: (graph, { attributes }, { x }) => {
    const paddings = attributes.paddings as readonly (readonly number[])[];
    const table = graph.constant(paddings.flat(), [paddings.length, 2], "int32");
    const value = graph.constant([attributes.constantValue as number], [], "float32");
    return graph.add("PadV2", [x, table, value]);
  },
};

/** What a fused kernel does after its product: the bias, and the activation by its name in tfjs. */
function finished(
  graph: Graph,
  { activation = "linear", leakyreluAlpha }: Step["attributes"],
  made: string,
  bias: string | undefined,
  slope: string | undefined,
): string {
  const sum = bias === undefined ? made : graph.add("AddV2", [made, bias]);
  if (activation === "linear") return sum;
  if (activation === "prelu" && slope !== undefined) return graph.add("Prelu", [sum, slope]);
  if (activation === "leakyrelu")
    return graph.add("LeakyRelu", [sum], { alpha: real(leakyreluAlpha as number) });
  const op = same.find((name) => name.toLowerCase() === activation);
  if (op === undefined) throw new NotInGraph(`the activation ${String(activation)}`);
  return graph.add(op, [sum]);
}

function numbers(value: unknown): number[] {
  return Array.isArray(value) ? (value as number[]) : [value as number];
}

function pair(value: unknown): readonly number[] {
  const [first, second = first] = numbers(value);
  return [first, second];
}

function padding(pad: unknown): Attribute {
  if (pad === "same" || pad === "valid") return text(pad.toUpperCase());
  throw new NotInGraph("padding by numbers");
}

function layout(format: unknown): Attribute {
  if (format === undefined || format === "NHWC") return text("NHWC");
  throw new NotInGraph(`the data format ${JSON.stringify(format)}`);
}
