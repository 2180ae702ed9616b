/** One table, view or query of a DuckDB file, or Parquet, CSV and JSON files, by index. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { tableInputs } from "./predicting/inputs.js";
import { defineSource, fingerprintFiles, ImagesService, pathOption } from "@millrace/core";
import { z } from "zod";
import { openDuckdb } from "./duckdb/driver.js";
import { findFiles, type FoundFiles } from "./duckdb/files.js";
import { identityOf, requireFile, requireSameFile } from "./files/file.js";
import { askedBy, readShape, sampleShape } from "./options.js";
import { imageColumns, withImages } from "./rows/images.js";
import { openRows } from "./rows/dataset.js";
import { type Opening, readOpening } from "./rows/opening.js";

const file = pathOption();

const options = z
  .strictObject({
    path: file.optional().describe("the DuckDB file, relative to the spec; opened for reading only"),
    from: z
      .union([file, z.record(z.string().min(1), file)])
      .optional()
      .describe(
        "Parquet, CSV or JSON files to read instead of a table, `*` and `?` standing for parts of the name; or several by the names that `query` has for them; no other file is opened",
      ),
    ...readShape,
    ...sampleShape(
      "the primary key, else the row id, for one Parquet file the number of the row; none for a query",
      "blocks",
    ),
    threads: z.int().positive().default(2).describe("threads of DuckDB in each thread that reads; default 2"),
    memoryLimit: z
      .string()
      .regex(/^\d+(?:\.\d+)? ?[KMGT]i?B$/i, { error: "must be a size such as 512MB or 2GB" })
      .default("1GB")
      .describe("memory that DuckDB may take in each thread that reads; default 1GB"),
  })
  .refine(
    ({ table, query, from }) =>
      [table, query, typeof from === "string" ? from : undefined].filter((each) => each !== undefined)
        .length === 1,
    { message: "must have one of `table`, `query`, and files in `from`", path: ["table"] },
  )
  .refine(({ path, from }) => path !== undefined || from !== undefined, {
    message: "must have a `path`, or files in `from`",
    path: ["path"],
  });

type Options = z.output<typeof options>;

interface Shared {
  readonly opening: Opening;
  /** Which files were opened, whatever stands at their paths later. */
  readonly files: readonly (readonly [path: string, identity: string])[];
  readonly images?: unknown;
}

export default defineSource({
  name: "duckdb",
  summary: "one table, view or query of a DuckDB file, or Parquet, CSV and JSON files",
  options,
  needs: { images: ImagesService },
  inputs: (options, { facts, images }) => tableInputs(options, facts, images),
  async create(options, { baseUrl, facts, shared, images }) {
    const { threads, memoryLimit } = options;
    const files = await filesOf(options, baseUrl);
    const path = options.path === undefined ? undefined : resolve(fileURLToPath(baseUrl), options.path);
    const name = options.path ?? [...files.values()].map((each) => each.name).join(", ");
    if (path !== undefined) await requireFile(path, { name, what: "a DuckDB database" });
    const asked = askedBy({ ...options, table: options.table ?? "" });
    const { reader, sharing } = imageColumns(options, images, (shared as Shared | undefined)?.images);
    const driver = await openDuckdb({ name, path, threads, memoryLimit, files });
    try {
      const paths = [
        ...(path === undefined ? [] : [path]),
        ...[...files.values()].flatMap((each) => each.paths),
      ];
      const given = shared as Shared | undefined;
      for (const [each, identity] of given?.files ?? []) requireSameFile(each, identity, each);
      const opening = given?.opening ?? (await readOpening(driver, asked, options, facts));
      const kept = given?.files ?? paths.map((each) => [each, identityOf(each)] as const);
      return {
        ...openRows(driver, opening, options, reader),
        share: (): Shared => ({ opening, files: kept, images: sharing }),
        fingerprint: async () => withImages(await fingerprintFiles(paths), reader),
      };
    } catch (error) {
      await driver.close();
      throw error;
    }
  },
});

async function filesOf({ from }: Options, baseUrl: URL): Promise<ReadonlyMap<string, FoundFiles>> {
  const entries = typeof from === "string" ? [["", from] as const] : Object.entries(from ?? {});
  const found = new Map<string, FoundFiles>();
  for (const [table, pattern] of entries) {
    found.set(table, await findFiles(pattern, baseUrl, table === "" ? ["from"] : ["from", table]));
  }
  return found;
}
