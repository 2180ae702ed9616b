/** Keeps what the transforms before it make: each sample is read, decoded and transformed once. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { type CacheHandle, newDiskCache, newMemoryCache, withCache } from "../data/cache/cached.js";
import { pathOption } from "../kit/path-option.js";
import type { Keeping } from "../plugin/keeping.js";
import { defineTransform } from "../plugin/plugin.js";

const bytes = z.int().positive().optional();

const options = z
  .strictObject({
    in: z
      .enum(["memory", "disk"])
      .describe(
        "memory: shared by all workers, until the run ends; disk: in files, for later runs and other processes too",
      ),
    maxBytes: bytes.describe(
      "most bytes to keep; default: half of the memory of this process, or 16 GiB on disk. Samples beyond are made each time",
    ),
    folder: pathOption()
      .optional()
      .describe("disk only: where caches lie, relative to the spec; default: .millrace/cache"),
    maxTotalBytes: bytes.describe(
      "disk only: most bytes of all caches in the folder when one is opened, the least recently used are removed; default: four times maxBytes",
    ),
  })
  .refine(({ in: where, folder }) => where === "disk" || folder === undefined, {
    error: 'is for a cache on disk, but `in` is "memory"',
    path: ["folder"],
  })
  .refine(({ in: where, maxTotalBytes }) => where === "disk" || maxTotalBytes === undefined, {
    error: 'is for a cache on disk, but `in` is "memory"',
    path: ["maxTotalBytes"],
  });

type Settings = z.output<typeof options>;

const keeps: Keeping<CacheHandle> = {
  outlives: (settings) => (settings as Settings).in === "disk",
  async open(settings, { length, baseUrl, logger, content }) {
    const { in: where, folder = ".millrace/cache", maxBytes, maxTotalBytes } = settings as Settings;
    if (where === "memory") return newMemoryCache(length, { maxBytes });
    const place = resolve(fileURLToPath(baseUrl), folder);
    return newDiskCache(length, await content(), { folder: place, maxBytes, maxTotalBytes, logger });
  },
  keep: withCache,
};

export default defineTransform({
  name: "cache",
  summary: "keep what the transforms before it make, so that it is made once and not in every epoch",
  options,
  keeps,
  // For single samples, such as those of a prediction: the line puts the cache itself in this place.
  create: () => (sample: unknown) => sample,
});
