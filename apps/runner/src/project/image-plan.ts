/** The spec of images: brought to one size, changed a little while training, and told by a small convolutional network. */
import type { ImageSurvey } from "../survey/images.js";
import { noted } from "./commented.js";
import { batchSizeOf, epochsOf, splitNote, splitOf } from "./plan.js";

export interface ImageParts {
  /** The source, with what it is told of its columns or folders; images are the field "image". */
  readonly source: object;
  readonly validationSource?: object;
  readonly images: ImageSurvey;
  readonly samples: number;
  readonly task: "classification" | "regression";
  readonly baseline: string;
  /** Comments of the source. */
  readonly notes: readonly string[];
}

export function imageSpec(parts: ImageParts): object {
  const { source, validationSource, images, samples, task, baseline } = parts;
  const isClasses = task === "classification";
  const batchSize = batchSizeOf(samples, 32);
  const size = sizeOf(images);
  return {
    seed: 7,
    source: noted(source, ...parts.notes),
    ...(validationSource === undefined
      ? {
          split: noted(
            { ...splitOf(samples), ...(isClasses && { stratifyBy: "label" }) },
            splitNote(samples, isClasses),
          ),
        }
      : { validationSource }),
    transforms: transformsOf(images, size, isClasses),
    loader: { batchSize, shuffle: true, numWorkers: "auto" },
    model: { use: "layers", with: { layers: layersOf(size, isClasses) } },
    trainer: {
      use: "tfjs",
      with: {
        input: "image",
        epochs: epochsOf(samples, batchSize, 600, 30),
        ...(!isClasses && { loss: "meanSquaredError" }),
        metrics: noted(
          isClasses ? ["accuracy", "confusionMatrix"] : ["meanAbsoluteError", "rSquared"],
          `to beat: ${baseline}`,
        ),
        optimizer: { type: "adam", learningRate: 0.002 },
        earlyStopping: noted(
          { monitor: "loss", patience: 8 },
          "ends when eight epochs have brought nothing; the best one's model is kept",
        ),
        saveModel: "best",
      },
    },
  };
}

interface Size {
  readonly side: number;
  readonly isChanged: boolean;
}

/** Small images as they are; others small enough that a processor learns from them in minutes. */
function sizeOf({ width, height, sameSize }: ImageSurvey): Size {
  const side = Math.min(width, height);
  if (sameSize && width === height && side <= 64) return { side, isChanged: false };
  return { side: side <= 40 ? 32 : 64, isChanged: true };
}

function transformsOf(
  { width, height, sameSize, grayscale }: ImageSurvey,
  { side, isChanged }: Size,
  isClasses: boolean,
): object[] {
  const were = sameSize ? `they are all ${width} × ${height}` : `the middle one is ${width} × ${height}`;
  const resize = noted(
    { use: "resize", with: { width: side, height: side, fit: "cover" } },
    `${were}; more pixels show more, and take longer: twice the side, four times as long`,
  );
  const moved = noted(
    { use: "random-affine", with: { degrees: 8, translate: [0.05, 0.05] }, only: "train" },
    "a little turned and moved while training, so that no picture is seen twice",
  );
  const mirrored = noted(
    { use: "random-horizontal-flip", only: "train" },
    "mirrored half of the time: leave it out where left and right mean something, as in letters",
  );
  return [
    ...(isChanged ? [resize] : []),
    moved,
    ...(grayscale ? [] : [mirrored]),
    ...(isClasses
      ? []
      : [
          noted(
            { use: "standardize", with: { fields: ["label"] } },
            "what is told comes back in its own unit",
          ),
        ]),
  ];
}

function layersOf({ side }: Size, isClasses: boolean): object[] {
  const blocks = side >= 64 ? [16, 32, 64] : side >= 24 ? [16, 32] : [16];
  return [
    { type: "rescaling", scale: 1 / 255 },
    ...blocks.flatMap((filters) => [
      { type: "conv2d", filters, kernelSize: 3, padding: "same", activation: "relu" },
      { type: "maxPooling2d", poolSize: 2 },
    ]),
    { type: "flatten" },
    { type: "dropout", rate: 0.2 },
    { type: "dense", units: 64, activation: "relu" },
    isClasses
      ? { type: "dense", units: { from: "labels.count" }, activation: "softmax" }
      : { type: "dense", units: 1 },
  ];
}
