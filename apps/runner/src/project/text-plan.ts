/** The spec of texts: words become ids, each id a vector, and the mean of a text's vectors tells its class. */
import { noted } from "./commented.js";
import { batchSizeOf, epochsOf, splitNote, splitOf } from "./plan.js";

export interface TextParts {
  /** The source; texts are the field "text", beside `others` that are left out. */
  readonly source: object;
  readonly validationSource?: object;
  readonly others: readonly string[];
  readonly samples: number;
  readonly baseline: string;
  /** Words of a text, on average, where it is known. */
  readonly words: number;
  readonly notes: readonly string[];
}

export function textSpec(parts: TextParts): object {
  const { source, validationSource, others, samples, baseline, words } = parts;
  const batchSize = batchSizeOf(samples, 64);
  const maxLength = Math.min(400, Math.max(50, 50 * Math.ceil((words * 3) / 50)));
  return {
    seed: 7,
    source: noted(source, ...parts.notes),
    ...(validationSource === undefined
      ? { split: noted({ ...splitOf(samples), stratifyBy: "label" }, splitNote(samples, true)) }
      : { validationSource }),
    transforms: [
      ...(others.length > 0 ? [{ use: "select", with: { drop: others } }] : []),
      noted(
        { use: "words", with: { lowercase: true, maxLength, vocabulary: { minCount: 2, maxSize: 20_000 } } },
        "words that come twice in the training texts get an id of their own; what a text has beyond maxLength is cut",
      ),
    ],
    loader: {
      batchSize,
      shuffle: true,
      collate: {
        use: "pad-sequence",
        with: { paddingValue: { from: "vocabulary.padding" }, attentionMask: true },
      },
    },
    model: {
      use: "layers",
      with: {
        layers: [
          {
            type: "embedding",
            inputDim: { from: "vocabulary.size" },
            outputDim: 16,
            inputs: "tokens",
            name: "embedded",
          },
          { type: "applyMask", inputs: ["embedded", "attentionMask"] },
          { type: "globalAveragePooling1d" },
          { type: "dense", units: 16, activation: "relu" },
          { type: "dropout", rate: 0.3 },
          { type: "dense", units: { from: "labels.count" }, activation: "softmax" },
        ],
      },
    },
    trainer: {
      use: "tfjs",
      with: {
        input: ["tokens", "attentionMask"],
        epochs: epochsOf(samples, batchSize, 800, 30),
        metrics: noted(["accuracy", "f1"], `to beat: ${baseline}`),
        optimizer: { type: "adam", learningRate: 0.005 },
        earlyStopping: noted(
          { monitor: "loss", patience: 5 },
          "ends when five epochs have brought nothing; the best one's model is kept",
        ),
        saveModel: "best",
      },
    },
  };
}
