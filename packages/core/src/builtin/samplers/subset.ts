/** Some samples of a split, for first tries and for samples chosen elsewhere. */
import { z } from "zod";
import { SubsetRandomSampler } from "../../data/samplers/subset-random.js";
import { MillraceError } from "../../errors.js";
import { defineSampler } from "../../plugin/plugin.js";
import { seed } from "../described.js";

const options = z
  .strictObject({
    indices: z
      .array(z.int().nonnegative())
      .min(1)
      .optional()
      .describe("positions of samples within the training split, from 0"),
    count: z
      .int()
      .positive()
      .optional()
      .describe("instead of indices: the first so many samples of the split"),
    shuffle: z
      .boolean()
      .default(true)
      .describe("a new random order for each epoch; false keeps the order given"),
    seed,
  })
  .refine(({ indices, count }) => (indices === undefined) !== (count === undefined), {
    error: "either indices or count must be given, and not both",
    path: ["indices"],
  });

export default defineSampler({
  name: "subset",
  summary: "some samples of the split alone, in random order",
  options,
  create({ indices, count, shuffle, ...own }, { dataset: { length }, seed }) {
    const chosen = indices ?? Array.from({ length: count ?? 0 }, (_, index) => index);
    const wrong = count !== undefined && count > length ? count : chosen.find((index) => index >= length);
    if (wrong !== undefined) {
      throw new MillraceError(
        "OPTION_INVALID",
        count === undefined
          ? `indices must lie from 0 to ${length - 1}, within the training split, was ${wrong}`
          : `count must be at most the ${length} samples of the training split, was ${wrong}`,
      );
    }
    if (shuffle) return new SubsetRandomSampler(chosen, { seed: own.seed ?? seed });
    return { length: chosen.length, indices: () => chosen };
  },
});
