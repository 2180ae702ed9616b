/** Samples in tar archives, several files each: webdataset's shards, by index or as a stream. */
import {
  type Dataset,
  type DatasetFacts,
  defineSource,
  fingerprintFiles,
  imageOptions,
  type IterableDataset,
  LoggerService,
  pathOption,
} from "@millrace/core";
import { z } from "zod";
import { imageReader } from "../images/image-reader.js";
import { Archives } from "../tar/archives.js";
import { fieldTypesOf, planOf, tarColumnsOption } from "../tar/columns.js";
import { indexedSamples } from "../tar/dataset.js";
import { tarInputs } from "../tar/inputs.js";
import { readTarOpening, type TarShared } from "../tar/opening.js";
import type { TarSample } from "../tar/samples.js";
import { streamedSamples } from "../tar/stream.js";

const options = z
  .strictObject({
    shards: z
      .union([pathOption(), z.array(pathOption()).min(1)])
      .describe(
        'tar archives, relative to the spec: names, ranges such as "train-{000..099}.tar", patterns such as "train/*.tar"; not compressed',
      ),
    columns: tarColumnsOption
      .optional()
      .describe(
        'the fields of a sample, by type, and from which of its files: { "image": "image", "label": { "type": "class", "from": "cls" }, "age": { "type": "float32?", "from": "json:age" }, "features": "array" }; by default what the first sample has, by the extensions of its files',
      ),
    images: imageOptions
      .prefault({})
      .describe(
        "how images are read: `mode`, `background`, `autoOrient`, `decoder`, `onWarning` as `image-folder` has them",
      ),
    access: z
      .enum(["random", "stream"])
      .default("random")
      .describe(
        "random: all headers are read when the source is opened, and then each file of a sample by one read; costs 8 bytes of memory a file and the sample's name, once for all threads. stream: samples one after the other, of which nothing is kept; each worker reads shards of its own, so there should be as many as workers",
      ),
    shuffleShards: z
      .boolean()
      .default(false)
      .describe(
        "stream only: another order of the shards in each epoch; `shuffleWindow` of the loader mixes their samples",
      ),
  })
  .refine(({ access, shuffleShards }) => access === "stream" || !shuffleShards, {
    error: 'is for access "stream": the loader\'s `shuffle` mixes samples that are read by index',
    path: ["shuffleShards"],
  });

export default defineSource({
  name: "tar-shards",
  summary: "samples of several files each in tar archives (webdataset), by index or as a stream",
  options,
  needs: { logger: LoggerService },
  async create(
    settings,
    { baseUrl, seed, facts: known, shared: given, logger },
  ): Promise<Dataset<TarSample> | IterableDataset<TarSample>> {
    const shared =
      (given as TarShared | undefined) ?? (await readTarOpening(settings, baseUrl, known, logger));
    const { shards, columns, arrays, labels, index, firsts } = shared;
    const plan = planOf(columns);
    const images = shared.images && imageReader(settings.images, shared.images, logger);
    const archives = new Archives(shards);
    const opened = { archives, shards, plan, labels, arrays, images };
    const fields = fieldTypesOf(plan, arrays);
    const { label, ...categories } = labels;
    const facts: DatasetFacts = {
      ...(label && { labels: label }),
      ...(Object.keys(categories).length > 0 && { categories }),
      fields,
    };
    const common = {
      fields,
      facts,
      share: () => shared,
      fingerprint: async () =>
        `${await fingerprintFiles(shards.map(({ path }) => path))} ${JSON.stringify(columns)} ${images?.fingerprint ?? ""}`,
      close: () => archives.close(),
    };
    if (settings.access === "random" && index !== undefined && firsts !== undefined)
      return { ...indexedSamples({ ...opened, index, firsts }), ...common };
    const shuffleSeed = settings.shuffleShards ? seed : undefined;
    return { ...streamedSamples({ ...opened, firsts, shuffleSeed, logger }), ...common };
  },
  inputs: (settings, { facts }) => tarInputs(settings, facts),
});
