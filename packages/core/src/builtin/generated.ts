/** Samples made on the fly from their index: toy problems that need no data, as a dataset or a stream. */
import { z } from "zod";
import type { Dataset, FieldTypes } from "../contracts/dataset.js";
import type { IterableDataset, SampleStream, StreamContext } from "../contracts/iterable.js";
import type { Random } from "../contracts/random.js";
import { randomAt } from "../data/philox.js";
import { MillraceError } from "../errors.js";
import { checkIndex } from "../kit/index-rule.js";
import { labelUnknown } from "../kit/labels.js";
import { defineSource } from "../plugin/plugin.js";

/** Orders and splits hold indices as 32-bit numbers. */
const mostSamples = 2 ** 31 - 1;
/** Numbers that class centres, or one sample, may take: 1 GiB of them. */
const mostNumbers = 2 ** 28;

const options = z
  .strictObject({
    problem: z
      .enum(["blobs", "spirals", "linear"])
      .describe(
        "blobs: one Gaussian cloud per class; spirals: one arm per class in the plane; linear: a number that is a weighted sum of the features",
      ),
    length: z
      .int()
      .positive()
      .max(mostSamples)
      .optional()
      .describe(
        "number of samples; none is held in memory. A stream without one never ends, and has new samples in each epoch",
      ),
    stream: z
      .boolean()
      .default(false)
      .describe("give the samples one after the other, as a log or a socket would, instead of by index"),
    features: z.int().positive().max(mostNumbers).default(2).describe("numbers per sample; spirals have 2"),
    classes: z
      .int()
      .min(2)
      .max(2 ** 20)
      .default(3)
      .describe("number of classes of blobs and spirals"),
    noise: z
      .number()
      .nonnegative()
      .default(0.1)
      .describe("standard deviation of what is added to each number"),
    seed: z.int().nonnegative().optional().describe("instead of the run's seed"),
  })
  .refine(({ length, stream }) => length !== undefined || stream, {
    error: "is required, because only a stream may have no end",
    path: ["length"],
  });

type Options = z.output<typeof options> & { readonly seed: number };

/** The stream of numbers that the whole problem shares (class centres, weights); samples have stream 0. */
const problemStream = 1;

export default defineSource({
  name: "generated",
  summary: "toy problems made on the fly: blobs, spirals, linear",
  options,
  create(given, context) {
    const settings = { ...given, seed: given.seed ?? context.seed };
    const { problem, classes, features } = settings;
    if (problem === "spirals" && features !== 2) {
      throw new MillraceError(
        "OPTION_INVALID",
        `spirals lie in the plane: features must be 2, was ${features}`,
      );
    }
    if (problem === "blobs" && classes * features > mostNumbers) {
      throw new MillraceError(
        "OPTION_INVALID",
        `classes × features must be at most ${mostNumbers}, the numbers that all class centres have, was ${classes * features}`,
        { path: ["features"] },
      );
    }
    const sample = makers[problem](settings);
    const classify = problem !== "linear";
    const labels = classify ? labelsOf(classes, context.facts?.labels) : undefined;
    const fields: FieldTypes = {
      features: { type: "float32", shape: [features] },
      label: classify ? { type: "int32" } : { type: "float32", shape: [1] },
    };
    const common = {
      facts: labels === undefined ? {} : { labels },
      fields,
      fingerprint: () => `seed ${settings.seed}`,
    };
    const { stream, length = Infinity } = settings;
    if (stream) return { ...common, ...streamOfProblem(settings, sample) };
    const dataset: Dataset<GeneratedSample> = {
      ...common,
      length,
      get: (index) => sample(checkIndex(index, length), randomAt(settings.seed, 0, index)),
      column: (name) =>
        name === "label" && classify ? Int32Array.from({ length }, (_, index) => index % classes) : undefined,
    };
    return dataset;
  },
});

/** The samples of the dataset, one after the other; without an end, of each epoch its own. Shards take turns. */
function streamOfProblem(
  { length = Infinity, seed, problem }: Options,
  sample: ReturnType<Maker>,
): IterableDataset<GeneratedSample> {
  const iterate = ({ epoch, shard, state }: StreamContext): SampleStream<GeneratedSample> => {
    let position = (state as { readonly position: number } | undefined)?.position ?? 0;
    return {
      next() {
        const index = shard.id + position * shard.count;
        if (index >= length) return { done: true, value: undefined };
        position++;
        const random = randomAt(seed, length === Infinity ? epoch : 0, index);
        return { done: false, value: sample(index, random), key: index };
      },
      return: () => (position = Infinity),
      state: () => ({ position }),
    };
  };
  return {
    length,
    lengthOf: ({ id, count }) => Math.ceil(Math.max(0, length - id) / count),
    description: `generated ${problem}, seed ${seed}, ${length === Infinity ? "no end" : `${length} samples`}`,
    iterate,
  };
}

/** Labels are indices: names that are known already are theirs, if there are enough. */
function labelsOf(classes: number, known: readonly string[] | undefined): readonly string[] {
  if (known === undefined) return Array.from({ length: classes }, (_, label) => String(label));
  if (classes > known.length) throw labelUnknown(String(classes - 1), known);
  return known;
}

interface GeneratedSample {
  readonly features: Float32Array;
  /** A class index, or for `linear` one number. */
  readonly label: number | Float32Array;
}

type Maker = (options: Options) => (index: number, random: Random) => GeneratedSample;

const makers: Record<Options["problem"], Maker> = {
  blobs({ classes, features, noise, seed }) {
    const centres = Array.from({ length: classes }, (_, label) => {
      const random = randomAt(seed, 0, label, problemStream);
      return Float32Array.from({ length: features }, () => random.between(-1, 1));
    });
    return (index, random) => {
      const label = index % classes;
      return { features: centres[label].map((centre) => centre + noise * random.normal()), label };
    };
  },
  spirals({ classes, noise }) {
    return (index, random) => {
      const label = index % classes;
      const radius = random.uniform();
      const angle = 2 * Math.PI * (radius + label / classes);
      const point = [radius * Math.cos(angle), radius * Math.sin(angle)];
      return { features: Float32Array.from(point, (value) => value + noise * random.normal()), label };
    };
  },
  linear({ features, noise, seed }) {
    const random = randomAt(seed, 0, 0, problemStream);
    const weights = Float32Array.from({ length: features }, () => random.normal());
    return (_index, random) => {
      const values = Float32Array.from({ length: features }, () => random.normal());
      const sum = values.reduce((total, value, i) => total + value * weights[i], 0);
      return { features: values, label: Float32Array.of(sum + noise * random.normal()) };
    };
  },
};
