/** Outputs and gradients of every kind of layer and of operations, by name: what a device must compute as cpu does. */
import type { Tensor, Tensor4D, Variable } from "@tensorflow/tfjs-core";
import type { Engine } from "../src/engine.js";
import { buildAll, type LayerDescription } from "../src/models/build-layer.js";
import { type Computation, normal } from "./against-cpu.js";
import { layerCases, layersWithoutGradient } from "./layer-cases.js";

/** A layer's output and the gradients of all its weights, the weights drawn anew. */
function ofLayer(description: LayerDescription, shape: number[], whole = false): Computation {
  return (tf) => {
    const layer = buildAll(tf, [{ description, path: [], inputs: 1 }], {}, [])[0];
    const x = whole
      ? tf.tensor(
          Int32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => (i * 7) % 11),
          shape,
          "int32",
        )
      : normal(tf, shape, 5);
    layer.apply(x);
    for (const [i, weight] of layer.weights.entries()) {
      weight.write(tf.randomNormal(weight.shape as number[], 0, 0.3, "float32", 11 + i));
    }
    const weights = layer.trainableWeights.map((weight) => weight.read() as Variable);
    const { value, grads } = tf.variableGrads(
      () => tf.mean(tf.square(tf.add(layer.apply(x, { training: true }) as Tensor, 0.1))),
      weights,
    );
    const all = [value, ...Object.values(grads)].map((tensor) => tf.reshape(tensor, [-1]));
    layer.dispose();
    return tf.concat(all);
  };
}

/** The gradient of the sum of squares of what `act` makes of a normal tensor. */
function ofOperation(shape: number[], act: (tf: Engine, x: Tensor) => Tensor): Computation {
  return (tf) => tf.grad((x) => tf.sum(tf.square(act(tf, x))))(normal(tf, shape, 1));
}

/** The gradients of a convolution's filter and input. */
function ofConvolution(
  shape: number[],
  filter: number[],
  strides: [number, number],
  pad: "same" | "valid" | number,
): Computation {
  return (tf) => {
    const loss = (x: Tensor, w: Tensor): Tensor =>
      tf.mean(tf.square(tf.add(tf.conv2d(x as Tensor4D, w as Tensor4D, strides, pad), 0.1)));
    const gradients = tf.grads(loss)([normal(tf, shape, 1), normal(tf, filter, 2)]);
    return tf.concat(gradients.map((gradient) => tf.reshape(gradient, [-1])));
  };
}

const filters: [number[], number[], [number, number], "same" | "valid" | number][] = [
  [[3, 9, 7, 5], [3, 3, 5, 70], [1, 1], "same"],
  [[2, 11, 12, 3], [5, 2, 3, 4], [2, 3], "valid"],
  [[2, 6, 5, 2], [3, 3, 2, 3], [1, 1], 1],
  [[2, 6, 5, 2], [2, 3, 2, 3], [1, 1], 3],
  [[2, 6, 7, 4], [4, 2, 4, 8], [1, 1], "same"],
  [[1, 1, 1, 8], [1, 1, 8, 2], [1, 1], "valid"],
  [[4, 3, 3, 9], [3, 3, 9, 65], [2, 2], "same"],
];

const image = [2, 8, 8, 3];

export const agreeing: Record<string, Computation> = {
  ...layerCases,
  dense: ofLayer({ type: "dense", units: 5, activation: "relu" }, [4, 7]),
  "dense with gelu": ofLayer({ type: "dense", units: 5, activation: "gelu" }, [4, 7]),
  "dense with softmax": ofLayer({ type: "dense", units: 5, activation: "softmax" }, [4, 7]),
  conv1d: ofLayer({ type: "conv1d", filters: 4, kernelSize: 3 }, [2, 9, 3]),
  conv2d: ofLayer(
    { type: "conv2d", filters: 4, kernelSize: 3, strides: 2, padding: "same", activation: "relu" },
    [2, 9, 9, 3],
  ),
  conv3d: ofLayer({ type: "conv3d", filters: 2, kernelSize: 2 }, [1, 4, 4, 4, 2]),
  conv2dTranspose: ofLayer(
    { type: "conv2dTranspose", filters: 3, kernelSize: 3, strides: 2, padding: "same" },
    [2, 5, 5, 2],
  ),
  depthwiseConv2d: ofLayer(
    { type: "depthwiseConv2d", kernelSize: 3, strides: 2, padding: "same", depthMultiplier: 2 },
    [2, 7, 7, 3],
  ),
  separableConv2d: ofLayer({ type: "separableConv2d", filters: 3, kernelSize: 3 }, [2, 6, 6, 3]),
  convLstm2d: ofLayer({ type: "convLstm2d", filters: 2, kernelSize: 3, padding: "same" }, [1, 2, 5, 5, 2]),
  batchNormalization: ofLayer({ type: "batchNormalization" }, [4, 5, 5, 3]),
  layerNormalization: ofLayer({ type: "layerNormalization" }, [4, 6]),
  embedding: ofLayer({ type: "embedding", inputDim: 11, outputDim: 4 }, [3, 5], true),
  "lstm over a single step": ofLayer({ type: "lstm", units: 4 }, [2, 1, 3]),
  simpleRNN: ofLayer({ type: "simpleRNN", units: 4 }, [2, 6, 3]),
  lstm: ofLayer({ type: "lstm", units: 4, returnSequences: true }, [2, 6, 3]),
  gru: ofLayer({ type: "gru", units: 4 }, [2, 6, 3]),
  bidirectional: ofLayer({ type: "bidirectional", layer: { type: "lstm", units: 2 } }, [2, 4, 3]),
  timeDistributed: ofLayer({ type: "timeDistributed", layer: { type: "dense", units: 2 } }, [2, 4, 3]),
  prelu: ofLayer({ type: "prelu" }, [4, 6]),
  ...Object.fromEntries(
    filters.map(([shape, filter, strides, pad]) => [
      `filters ${filter.join(" × ")} over ${shape.join(" × ")}, strides ${strides.join(" and ")}, padding ${pad}`,
      ofConvolution(shape, filter, strides, pad),
    ]),
  ),
  "max pooling": ofOperation(image, (tf, x) => tf.maxPool(x as Tensor4D, 3, 2, "same")),
  "average pooling": ofOperation(image, (tf, x) => tf.avgPool(x as Tensor4D, 3, 2, "same")),
  "global average pooling": ofOperation(image, (tf, x) => tf.mean(x, [1, 2])),
  "bilinear resizing": ofOperation(image, (tf, x) => tf.image.resizeBilinear(x as Tensor4D, [13, 5])),
  padding: ofOperation(image, (tf, x) =>
    tf.pad(x, [
      [0, 0],
      [1, 1],
      [2, 0],
      [0, 0],
    ]),
  ),
  "mirror padding": ofOperation(image, (tf, x) =>
    tf.mirrorPad(
      x,
      [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ],
      "reflect",
    ),
  ),
  "response normalization": ofOperation(image, (tf, x) => tf.localResponseNormalization(x as Tensor4D)),
  attention: ofOperation([2, 5, 4], (tf, query) => {
    const [keys, values] = [normal(tf, [2, 5, 4], 3), normal(tf, [2, 5, 4], 4)];
    return tf.matMul(tf.softmax(tf.mul(tf.matMul(query, keys, false, true), 0.5)), values);
  }),
  gather: ofOperation([3, 4], (tf, x) => tf.gather(x, tf.tensor1d([0, 2, 2, 1], "int32"))),
  "gather along axis 1": ofOperation([3, 4], (tf, x) => tf.gather(x, tf.tensor1d([0, 2, 2, 1], "int32"), 1)),
  "cumulative sum": ofOperation([3, 4], (tf, x) => tf.cumsum(x, 1)),
  maximum: ofOperation([3, 4], (tf, x) => tf.max(x, 1)),
  "unstacking a single part": ofOperation([3, 1], (tf, x) => tf.unstack(x, 1)[0]),
  "transposing integers and booleans": (tf) => {
    // Large enough that no backend computes it beside the device.
    const x = normal(tf, [12, 11, 10], 1);
    const order = [2, 0, 1];
    const positive = tf.greater(x, 0);
    const whole = tf.cast(tf.mul(x, 100), "int32");
    const made = [
      tf.transpose(tf.cast(positive, "float32"), order),
      tf.cast(tf.transpose(positive, order), "float32"),
      tf.div(tf.transpose(tf.cast(whole, "float32"), order), 300),
      tf.cast(tf.transpose(whole, order), "float32"),
      tf.expandDims(tf.cast(tf.max(whole, 0), "float32")),
    ];
    return tf.concat(made.map((each) => tf.reshape(each, [-1])));
  },
  slice: ofOperation([3, 4], (tf, x) => tf.slice(x, [1, 0], [2, 3])),
  concatenation: ofOperation([3, 4], (tf, x) => tf.concat([x, tf.mul(x, 2)], 1)),
  "sum along an axis": ofOperation([3, 4, 2], (tf, x) => tf.sum(x, 1)),
  "sums and means of columns": (tf) => {
    const x = normal(tf, [3, 7, 11, 70], 1);
    const made = [tf.sum(x, [0, 1, 2]), tf.mean(x, [0, 1], true), tf.sum(x, 0), tf.mean(x, [1, 0, 2])];
    return tf.concat(made.map((each) => tf.reshape(each, [-1])));
  },
  "sum of all, squared": ofOperation([3, 4], (tf, x) => tf.sum(tf.square(x))),
  "mean along negative axes": ofOperation([3, 4, 2], (tf, x) => tf.mean(x, [-1, 0])),
  "mean with kept axes": ofOperation([3, 4, 2], (tf, x) => tf.sub(x, tf.mean(x, [0, 2], true))),
  erf: ofOperation([3, 4], (tf, x) => tf.erf(x)),
  norm: ofOperation([3, 4], (tf, x) => tf.norm(x)),
  product: ofOperation([3, 4], (tf, x) => tf.prod(x, 1)),
  "cross-entropy": (tf) =>
    tf.grad((x) => tf.losses.softmaxCrossEntropy(tf.oneHot(tf.tensor1d([0, 2, 1], "int32"), 3), x))(
      normal(tf, [3, 3], 1),
    ),
  "conv2d with dilation": ofLayer(
    { type: "conv2d", filters: 4, kernelSize: 3, dilationRate: 2 },
    [2, 9, 9, 3],
  ),
  "causal conv1d": ofLayer({ type: "conv1d", filters: 4, kernelSize: 3, padding: "causal" }, [2, 9, 3]),
  dropout: ofOperation([30, 4], (tf, x) => tf.dropout(x, 0.5, undefined, 3)),
  adam: (tf) => {
    const weights = tf.variable(normal(tf, [4, 3], 9));
    const optimizer = tf.train.adam(0.1);
    for (let i = 0; i < 3; i++) {
      optimizer.minimize(() => tf.mean(tf.square(tf.matMul(normal(tf, [5, 4], 2), weights))), false, [
        weights,
      ]);
    }
    const result = tf.clone(weights);
    optimizer.dispose();
    weights.dispose();
    return result;
  },
};

/** What tfjs-core 4.22 has no gradient for on any backend, and the words by which it says so. */
export const withoutGradient: Record<string, [Computation, RegExp]> = {
  ...layersWithoutGradient,
  einsum: [
    ofOperation([2, 3, 4], (tf, x) => tf.einsum("bij,bjk->bik", x, normal(tf, [2, 4, 5], 2))),
    /Einsum|gradient/,
  ],
  "strided slice": [
    ofOperation([3, 4], (tf, x) => tf.stridedSlice(x, [0, 0], [3, 4], [2, 1])),
    /StridedSlice|gradient|connection/,
  ],
  "where over a comparison of the input": [
    ofOperation([3, 4], (tf, x) => tf.where(tf.greater(x, 0), x, tf.mul(x, 0.1))),
    /Greater|gradient|undefined|null/,
  ],
};
