/** Every layer type of tfjs-layers: its output, and the gradients of its inputs and weights. */
import type { Tensor, Variable } from "@tensorflow/tfjs-core";
import { buildAll, type LayerDescription } from "../src/models/build-layer.js";
import type { Layer } from "../src/models/layer-tree.js";
import { type Computation, normal } from "./against-cpu.js";

/** `shapes` are those of the inputs; weights are drawn anew. */
function gradients(description: LayerDescription, ...shapes: number[][]): Computation {
  return withMask(undefined, description, ...shapes);
}

/** The same where steps of the first input are masked. */
function withMask(
  mask: readonly (readonly number[])[] | undefined,
  description: LayerDescription,
  ...shapes: number[][]
): Computation {
  return (tf) => {
    const [layer]: Layer[] = buildAll(tf, [{ description, path: [], inputs: shapes.length }], {}, []);
    const inputs = shapes.map((shape, i) => tf.variable(normal(tf, shape, 5 + i)));
    const run = () => {
      const given = inputs.length === 1 ? inputs[0] : inputs;
      return layer.apply(given, mask && { mask: tf.tensor2d(mask.map((row) => [...row])) }) as Tensor;
    };
    run();
    for (const [i, weight] of layer.weights.entries()) {
      weight.write(tf.randomNormal(weight.shape as number[], 0, 0.3, "float32", 11 + i));
    }
    const weights = layer.trainableWeights.map((weight) => weight.read() as Variable);
    const variables = [...inputs, ...weights];
    const { value, grads } = tf.variableGrads(() => tf.mean(tf.square(tf.add(run(), 0.1))), variables);
    const all = variables.map(({ name }) => grads[name]);
    const result = tf.concat([run(), value, ...all].map((tensor) => tf.reshape(tensor, [-1])));
    if (layer.weights.length > 0) layer.dispose();
    for (const input of inputs) input.dispose();
    return result;
  };
}

const [flat, sequence, image, volume] = [
  [4, 6],
  [2, 6, 3],
  [2, 8, 7, 3],
  [1, 4, 5, 4, 2],
];
/** Two documents and padding; and a row of nothing else. */
const documents = [
  [1, 1, 2, 2, 2, 0],
  [0, 0, 0, 0, 0, 0],
];
const names = (type: string, ...others: string[]) => [type, ...others];

/** Names of one type, and its case. */
const groups: readonly (readonly [readonly string[], Computation])[] = [
  [names("elu"), gradients({ type: "elu" }, flat)],
  [names("leakyReLU"), gradients({ type: "leakyReLU", alpha: 0.2 }, flat)],
  [names("reLU"), gradients({ type: "reLU", maxValue: 1 }, flat)],
  [names("prelu"), gradients({ type: "prelu" }, flat)],
  [names("softmax"), gradients({ type: "softmax" }, flat)],
  [names("activation"), gradients({ type: "activation", activation: "tanh" }, flat)],
  [names("dense"), gradients({ type: "dense", units: 3, activation: "sigmoid" }, flat)],
  [names("flatten"), gradients({ type: "flatten" }, image)],
  [names("permute"), gradients({ type: "permute", dims: [2, 1] }, sequence)],
  [names("reshape"), gradients({ type: "reshape", targetShape: [9, 2] }, sequence)],
  [names("repeatVector"), gradients({ type: "repeatVector", n: 3 }, flat)],
  [names("rescaling"), gradients({ type: "rescaling", scale: 0.5, offset: 1 }, image)],
  [names("resizing"), gradients({ type: "resizing", height: 5, width: 9 }, image)],
  [
    names("cropping2D"),
    gradients(
      {
        type: "cropping2D",
        cropping: [
          [1, 0],
          [2, 1],
        ],
      },
      image,
    ),
  ],
  [
    names("zeroPadding2d"),
    gradients(
      {
        type: "zeroPadding2d",
        padding: [
          [1, 0],
          [2, 1],
        ],
      },
      image,
    ),
  ],
  [names("upSampling2d"), gradients({ type: "upSampling2d", size: [2, 3] }, image)],
  [
    names("upSampling2d, bilinear"),
    gradients({ type: "upSampling2d", size: [2, 3], interpolation: "bilinear" }, image),
  ],
  [names("centerCrop"), gradients({ type: "centerCrop", height: 4, width: 3 }, image)],
  [names("batchNormalization"), gradients({ type: "batchNormalization" }, image)],
  [names("layerNormalization"), gradients({ type: "layerNormalization" }, sequence)],
  [names("conv1d"), gradients({ type: "conv1d", filters: 2, kernelSize: 3, padding: "same" }, sequence)],
  [names("conv2d"), gradients({ type: "conv2d", filters: 4, kernelSize: 3, activation: "relu" }, image)],
  [names("conv3d"), gradients({ type: "conv3d", filters: 2, kernelSize: 2 }, volume)],
  [
    names("conv3d with strides"),
    gradients(
      { type: "conv3d", filters: 3, kernelSize: [2, 3, 2], strides: [2, 2, 1], padding: "same" },
      volume,
    ),
  ],
  [
    names("conv2dTranspose"),
    gradients({ type: "conv2dTranspose", filters: 2, kernelSize: 3, strides: 2 }, [2, 4, 4, 3]),
  ],
  [names("depthwiseConv2d"), gradients({ type: "depthwiseConv2d", kernelSize: 3 }, image)],
  [names("separableConv2d"), gradients({ type: "separableConv2d", filters: 2, kernelSize: 3 }, image)],
  [names("simpleRNN"), gradients({ type: "simpleRNN", units: 4 }, sequence)],
  [names("gru"), gradients({ type: "gru", units: 4, returnSequences: true }, sequence)],
  [names("lstm"), gradients({ type: "lstm", units: 4 }, sequence)],
  [
    names("rnn", "simpleRNNCell", "gruCell", "lstmCell", "stackedRNNCells"),
    gradients(
      {
        type: "rnn",
        cell: ["simpleRNNCell", "gruCell", "lstmCell"].map((type) => ({ type, units: 3 })),
      },
      sequence,
    ),
  ],
  [
    names("convLstm2d", "convLstm2dCell"),
    gradients({ type: "convLstm2d", filters: 2, kernelSize: 3 }, [1, 2, 5, 5, 2]),
  ],
  [
    names("bidirectional"),
    gradients({ type: "bidirectional", layer: { type: "gru", units: 2 }, mergeMode: "sum" }, sequence),
  ],
  [
    names("timeDistributed"),
    gradients({ type: "timeDistributed", layer: { type: "dense", units: 2 } }, sequence),
  ],
  [
    names("averagePooling1d", "avgPool1d", "avgPooling1d"),
    gradients({ type: "averagePooling1d", poolSize: 2 }, sequence),
  ],
  [
    names("averagePooling2d", "avgPool2d", "avgPooling2d"),
    gradients({ type: "averagePooling2d", poolSize: 3, strides: 2, padding: "same" }, image),
  ],
  [
    names("averagePooling3d", "avgPool3d", "avgPooling3d"),
    gradients({ type: "averagePooling3d", poolSize: 2 }, volume),
  ],
  [names("maxPooling1d", "maxPool1d"), gradients({ type: "maxPooling1d", poolSize: 2 }, sequence)],
  [names("maxPooling2d", "maxPool2d"), gradients({ type: "maxPooling2d", poolSize: 3 }, image)],
  [names("maxPooling3d"), gradients({ type: "maxPooling3d", poolSize: 2 }, volume)],
  [
    names("multiHeadAttention"),
    gradients({ type: "multiHeadAttention", numHeads: 2, causal: true }, [2, 6, 4]),
  ],
  [
    names("multiHeadAttention across"),
    gradients({ type: "multiHeadAttention", numHeads: 3, keyDim: 2, useBias: false }, [2, 6, 4], [2, 3, 5]),
  ],
  [
    names("multiHeadAttention within documents"),
    withMask(documents, { type: "multiHeadAttention", numHeads: 2 }, [2, 6, 4]),
  ],
  [names("positionEmbedding"), gradients({ type: "positionEmbedding", maxLength: 8 }, sequence)],
  [
    names("positionEmbedding of waves"),
    gradients({ type: "positionEmbedding", kind: "sinusoidal" }, sequence),
  ],
  [names("transformerBlock"), gradients({ type: "transformerBlock", numHeads: 2 }, [2, 6, 4])],
  [
    names("transformerBlock with padding"),
    withMask(
      documents,
      { type: "transformerBlock", numHeads: 1, feedForwardDim: 7, activation: "relu", causal: true },
      [2, 6, 4],
    ),
  ],
  [names("globalAveragePooling1d"), gradients({ type: "globalAveragePooling1d" }, sequence)],
  [names("globalAveragePooling2d"), gradients({ type: "globalAveragePooling2d" }, image)],
  [names("globalMaxPooling1d", "globalMaxPool1d"), gradients({ type: "globalMaxPooling1d" }, sequence)],
  [names("globalMaxPooling2d", "globalMaxPool2d"), gradients({ type: "globalMaxPooling2d" }, image)],
  [names("add"), gradients({ type: "add" }, flat, flat, flat)],
  [names("average"), gradients({ type: "average" }, flat, flat)],
  [names("concatenate"), gradients({ type: "concatenate" }, flat, [4, 2])],
  [names("dot"), gradients({ type: "dot", axes: 1 }, flat, flat)],
  [names("maximum"), gradients({ type: "maximum" }, flat, flat)],
  [names("minimum"), gradients({ type: "minimum" }, flat, flat)],
  [names("multiply"), gradients({ type: "multiply" }, flat, flat)],
];

export const layerCases: Record<string, Computation> = Object.fromEntries(
  groups.map(([[type], computation]) => [`layer ${type}`, computation]),
);

/** Layers that tfjs-core 4.22 cannot pass a gradient through on any backend, and the words by which it says so. */
export const layersWithoutGradient: Record<string, [Computation, RegExp]> = {
  thresholdedReLU: [
    gradients({ type: "thresholdedReLU", theta: 0.5 }, flat),
    /gradient function not found for Greater/,
  ],
  masking: [gradients({ type: "masking" }, sequence), /gradient function not found for Any/],
  conv3dTranspose: [
    gradients({ type: "conv3dTranspose", filters: 2, kernelSize: 2, strides: 2 }, [1, 2, 3, 2, 2]),
    /gradient function not found for Conv3DBackpropInputV2/,
  ],
};

/** Layer types that a case covers. */
export const coveredLayers: ReadonlySet<string> = new Set([
  ...groups.flatMap(([types]) => types),
  ...Object.keys(layersWithoutGradient),
]);

/** Layer types without a case of their own, and why. */
export const uncoveredLayers: Readonly<Record<string, string>> = {
  alphaDropout: "random; loop/noise.test.ts",
  applyMask: "computes nothing; layers/masked.test.ts",
  categoryEncoding: "takes integers, has no weights",
  dropout: "random; loop/noise.test.ts",
  embedding: "takes integers; its own case among those of operations",
  gaussianDropout: "random; loop/noise.test.ts",
  gaussianNoise: "random; loop/noise.test.ts",
  inputLayer: "computes nothing",
  randomWidth: "random; loop/noise.test.ts",
  spatialDropout1d: "random; loop/noise.test.ts",
};
