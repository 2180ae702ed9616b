/** Tables in Arrow and Feather files: record batches read by their columns, and the last few of them kept. */
import { fileURLToPath } from "node:url";
import { defineSource, LoggerService } from "@millrace/core";
import { z } from "zod";
import type { ArrowShared } from "../arrow/storage.js";
import { openTable, type TableShared } from "../columnar/dataset.js";
import { columnarInputs } from "../columnar/inputs.js";
import { columnarShape, imagesNote } from "../columnar/options.js";
import { imagesOption } from "../csv/image-columns.js";
import { findFiles } from "../files/find.js";

/** One row: its features, a label where `label` is set, and the fields of `columns`. */
export type { ColumnarSample as ArrowSample } from "../columnar/rows.js";

const options = z.strictObject({
  ...columnarShape("Arrow", "record batch"),
  images: imagesOption.prefault({}).describe(imagesNote),
});

/** Loaded by those who read such files: every command and worker that has this package would wait for it. */
const reading = () => import("../arrow/storage.js");

export default defineSource({
  name: "arrow",
  summary: "rows of Arrow and Feather files as features, label and fields with types",
  options,
  needs: { logger: LoggerService },
  async create(settings, { baseUrl, facts: known, shared, logger }) {
    const { openArrow, arrowStorage } = await reading();
    const given = shared as TableShared | undefined;
    const opened =
      (given?.storage as ArrowShared | undefined) ??
      (await openArrow(await findFiles(settings.path, baseUrl, "path")));
    return openTable({
      storage: arrowStorage(opened),
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
      endings: [".arrow", ".feather"],
      async open(path) {
        const { openArrow, arrowStorage } = await reading();
        return arrowStorage(await openArrow([{ path, name: path }]));
      },
    }),
});
