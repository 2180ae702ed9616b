/** Random access over one table, view or query of a SQLite file: the keys are read once, then each batch is one query. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { tableInputs } from "./predicting/inputs.js";
import { defineSource, fingerprintFiles, ImagesService, pathOption } from "@millrace/core";
import { z } from "zod";
import { identityOf, requireSameFile } from "./files/file.js";
import { askedBy, eitherOne, readShape, sampleShape } from "./options.js";
import { imageColumns, withImages } from "./rows/images.js";
import { openRows } from "./rows/dataset.js";
import { type Opening, readOpening } from "./rows/opening.js";
import { openSqlite } from "./sqlite/driver.js";
import { filesOf } from "./sqlite/log.js";

const options = z
  .strictObject({
    path: pathOption("the SQLite file, relative to the spec; opened for reading only"),
    ...readShape,
    ...sampleShape("the primary key, else the row id, for a query the primary key that it passes on"),
    immutable: z
      .boolean()
      .default(false)
      .describe(
        "take no locks, which opens a WAL database on a read-only disk; only for a file that nobody writes, and without a write-ahead log beside it; default false",
      ),
  })
  .refine(eitherOne.check, eitherOne.fault);

/** What the main thread's opening shares with those of workers. */
interface Shared {
  readonly opening: Opening;
  /** The file that was opened, whatever stands at its path later. */
  readonly file: string;
  readonly images?: unknown;
}

export default defineSource({
  name: "sqlite",
  summary: "one table, view or query of a SQLite file, by random access",
  options,
  needs: { images: ImagesService },
  inputs: (options, { facts, images }) => tableInputs(options, facts, images),
  async create(options, { baseUrl, facts, shared, images }) {
    const path = resolve(fileURLToPath(baseUrl), options.path);
    const asked = askedBy(options);
    const { reader, sharing } = imageColumns(options, images, (shared as Shared | undefined)?.images);
    const driver = await openSqlite(path, { name: options.path, immutable: options.immutable });
    try {
      const { opening, file } =
        shared === undefined
          ? { opening: await readOpening(driver, asked, options, facts), file: identityOf(path) }
          : (shared as Shared);
      requireSameFile(path, file, options.path);
      return {
        ...openRows(driver, opening, options, reader),
        share: (): Shared => ({ opening, file, images: sharing }),
        fingerprint: async () => withImages(await fingerprintFiles(filesOf(path)), reader),
      };
    } catch (error) {
      await driver.close();
      throw error;
    }
  },
});
