/** Channels with mean 0 and deviation 1: torchvision's Normalize, behind ToDtype(float32, scale=True). */
import {
  type Columns,
  defineTransform,
  type FieldTypes,
  type Fitter,
  MillraceError,
  type NdArray,
} from "@millrace/core";
import { z } from "zod";
import { type ImageSample, keyOption, stackOf } from "../images/image-field.js";
import { ChannelMoments, type ChannelPartial } from "../pixels/channel-moments.js";
import { normalized } from "../pixels/normalize.js";
import type { Pixels } from "../pixels/pixels.js";

const number = z.number().min(-1e6).max(1e6);
const deviation = z.number().gt(0).max(1e6);

const options = z.strictObject({
  mean: z
    .union([number, z.array(number).min(1).max(4)])
    .optional()
    .describe(
      "subtracted, for all channels or for each, of values from 0 to 1; that of the training images if left out",
    ),
  std: z
    .union([deviation, z.array(deviation).min(1).max(4)])
    .optional()
    .describe(
      "divided by, for all channels or for each, of values from 0 to 1; that of the training images if left out",
    ),
  key: keyOption,
});

/** What was learned: one number per channel, of values from 0 to 1. */
type Learned = { readonly mean: readonly number[]; readonly std: readonly number[] };

export default defineTransform({
  name: "normalize",
  summary: "float32 channels of mean 0 and deviation 1, by numbers that are stated or learned",
  options,
  fit({ mean, std, key }) {
    return mean !== undefined && std !== undefined ? undefined : fitter(key);
  },
  touches: ({ key }) => ({ reads: [key], writes: [key] }),
  fields: (fields, { key }) => withNumbers(fields, key),
  inverse(field, { key, mean, std }, fitted) {
    if (field !== key) return undefined;
    const means = [mean ?? fitted?.mean ?? []].flat();
    const deviations = [std ?? fitted?.std ?? []].flat();
    // Channels lie last: value after value they come in turn.
    const apply = (values: ArrayLike<number>): Float64Array =>
      Float64Array.from(
        values,
        (value, i) => value * deviations[i % deviations.length] + means[i % means.length],
      );
    return { field: key, apply };
  },
  create({ key, mean, std }, { fitted }) {
    const means = [mean ?? fitted?.mean ?? []].flat();
    const deviations = [std ?? fitted?.std ?? []].flat();
    const normal = (fields: ImageSample, axes: number): NdArray => {
      const pixels = stackOf(fields, key, "normalize", axes);
      checkChannels(pixels, means, deviations);
      return normalized(pixels, means, deviations);
    };
    return {
      apply: (sample: ImageSample) => ({ ...sample, [key]: normal(sample, 3) }),
      applyColumns: (columns: Columns) => ({ ...columns, [key]: normal(columns, 4) }),
    };
  },
});

function fitter(key: string): Fitter<ImageSample, ChannelPartial | undefined, Learned> {
  const moments = new ChannelMoments();
  const add = (fields: ImageSample, axes: number): void => {
    const pixels = stackOf(fields, key, "normalize", axes);
    checkNumbers(pixels);
    const seen = moments.partial()?.channels;
    if (seen !== undefined && seen !== pixels.shape.at(-1)) throw channelFault(pixels, seen);
    moments.add(pixels);
  };
  return {
    add: (sample) => add(sample, 3),
    addColumns: (columns) => add(columns, 4),
    partial: () => moments.partial(),
    merge: (other) => moments.merge(other),
    state() {
      const learned = moments.state();
      const flat = learned?.std.indexOf(0);
      if (learned !== undefined && flat === -1) return learned;
      const what =
        learned === undefined ? "there are none" : `channel ${flat} is ${learned.mean[flat ?? 0]} in all`;
      throw new MillraceError(
        "TRANSFORM_INPUT",
        `normalize needs training images that differ to learn from, but ${what}`,
        { hint: "State `mean` and `std`." },
      );
    },
  };
}

function checkNumbers({ dtype, data }: Pixels): void {
  if (dtype === "uint8") return;
  const at = data.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  throw new MillraceError("TRANSFORM_INPUT", `normalize needs finite numbers to learn from, was ${data[at]}`);
}

function checkChannels(pixels: Pixels, ...options: (readonly number[])[]): void {
  for (const { length } of options)
    if (length !== 1 && length !== pixels.shape.at(-1)) throw channelFault(pixels, length);
}

function channelFault(pixels: Pixels, channels: number): MillraceError {
  return new MillraceError(
    "TRANSFORM_INPUT",
    `normalize needs images of ${channels} channels, as \`mean\` and \`std\` have numbers or the training images had, was [${pixels.shape.join(", ")}]`,
    { hint: "State as many numbers as images have channels, or one for all; put `grayscale` before it." },
  );
}

/** The field holds numbers from here on. */
function withNumbers(fields: FieldTypes, key: string): FieldTypes {
  const { [key]: own, ...others } = fields;
  return own?.shape === undefined ? others : { ...others, [key]: { type: "float32", shape: own.shape } };
}
