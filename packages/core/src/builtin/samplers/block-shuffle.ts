/** A random order for storage that reads neighbours cheaply. */
import { z } from "zod";
import { BlockShuffleSampler } from "../../data/samplers/block-shuffle.js";
import { defineSampler } from "../../plugin/plugin.js";
import { seed } from "../described.js";

export default defineSampler({
  name: "block-shuffle",
  summary: "every sample once, in a random order whose reads stay near each other",
  options: z.strictObject({
    blockSize: z
      .int()
      .positive()
      .describe("neighbouring samples that are cheap to read together: a chunk of a file, a page of a table"),
    bufferBlocks: z
      .int()
      .positive()
      .default(16)
      .describe(
        "blocks that are mixed at a time, 4 bytes per sample; 1 keeps blocks apart, all of them is a full shuffle",
      ),
    seed,
  }),
  create: ({ blockSize, bufferBlocks, ...own }, { dataset, seed }) =>
    new BlockShuffleSampler(dataset, { blockSize, bufferBlocks, seed: own.seed ?? seed }),
});
