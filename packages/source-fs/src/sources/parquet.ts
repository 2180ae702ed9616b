/** Tables in Parquet files: whole row groups decoded into typed columns, and the last few of them kept. */
import { fileURLToPath } from "node:url";
import { defineSource, LoggerService } from "@millrace/core";
import { z } from "zod";
import { columnarInputs } from "../columnar/inputs.js";
import { openTable, type TableShared } from "../columnar/dataset.js";
import { columnarShape, imagesNote } from "../columnar/options.js";
import { imagesOption } from "../csv/image-columns.js";
import { findFiles } from "../files/find.js";
import type { ParquetShared } from "../parquet/storage.js";

/** One row: its features, a label where `label` is set, and the fields of `columns`. */
export type { ColumnarSample as ParquetSample } from "../columnar/rows.js";

const options = z.strictObject({
  ...columnarShape("Parquet", "row group"),
  images: imagesOption.prefault({}).describe(imagesNote),
});

/** Loaded by those who read such files: every command and worker that has this package would wait for it. */
const reading = () => import("../parquet/storage.js");

export default defineSource({
  name: "parquet",
  summary: "rows of Parquet files as features, label and fields with types",
  options,
  needs: { logger: LoggerService },
  async create(settings, { baseUrl, facts: known, shared, logger }) {
    const { openParquet, parquetStorage } = await reading();
    const given = shared as TableShared | undefined;
    const opened =
      (given?.storage as ParquetShared | undefined) ??
      (await openParquet(await findFiles(settings.path, baseUrl, "path")));
    return openTable({
      storage: parquetStorage(opened, settings.cacheBytes),
      options: settings,
      given,
      known,
      logger,
      images: { options: settings.images, folder: fileURLToPath(baseUrl) },
    });
  },
  inputs: (settings, { facts }) =>
    columnarInputs({
      options: settings,
      facts,
      endings: [".parquet"],
      async open(path) {
        const { openParquet, parquetStorage } = await reading();
        return parquetStorage(await openParquet([{ path, name: path }]), settings.cacheBytes);
      },
    }),
});
