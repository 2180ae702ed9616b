/** Random access over one table, view or query of a SQLite file: the keys are read once, then each batch is one query. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { defineSource, fingerprintFiles, MillraceError } from "@millrace/core";
import { z } from "zod";
import type { Asked } from "./driver.js";
import { keyedRows } from "./rows/dataset.js";
import { oneSelect } from "./statement/one-select.js";
import { type Opening, readOpening } from "./rows/opening.js";
import { openSqlite } from "./sqlite/driver.js";
import { filesOf, identityOf, requireSameFile } from "./sqlite/file.js";

const column = z.string().min(1);

const options = z
  .strictObject({
    path: z.string().min(1).describe("the SQLite file, relative to the spec; opened for reading only"),
    table: z.string().min(1).optional().describe("the table or view to read: one row is one sample"),
    query: z
      .string()
      .min(1)
      .optional()
      .describe(
        "one SELECT to read instead of a table, with joins and WITH as you like; each batch runs it for its keys, so what they are compared with should have an index",
      ),
    values: z
      .array(z.union([z.string(), z.number(), z.null()]))
      .default([])
      .describe("what stands for each `?` of `query`, in their order; default none"),
    key: z
      .union([column, z.array(column).min(1)])
      .optional()
      .describe(
        "a column of unique integers or texts that identifies a row, or several that do so together, indexed if reading is to be fast (each batch scans the table otherwise); default: the primary key, else the row id, for a query the primary key that it passes on; costs 4 to 8 bytes of memory per row, or 8 and the text itself, however many workers there are",
      ),
    features: z
      .array(column)
      .optional()
      .describe(
        "numeric columns that make up `features`, in this order; default: every column of numeric type but key, label and `columns`; [] for none",
      ),
    label: column
      .optional()
      .describe("the column to be predicted, as `label`; default: samples have no label"),
    labelType: z
      .enum(["class", "number"])
      .default("class")
      .describe(
        "class: each distinct value is a class, and `label` its index in sorted order, found by one scan at opening; number: `label` is the value itself; default class",
      ),
    columns: z
      .array(column)
      .default([])
      .describe(
        "columns that pass through under their own names: numbers, texts, bytes, NULL as null; default none",
      ),
    immutable: z
      .boolean()
      .default(false)
      .describe(
        "take no locks, which opens a WAL database on a read-only disk; only for a file that nobody writes, and without a write-ahead log beside it; default false",
      ),
  })
  .refine(({ table, query }) => (table === undefined) !== (query === undefined), {
    message: "must have `table` or `query`, and not both",
    path: ["table"],
  });

type Options = z.output<typeof options>;

/** What the main thread's opening shares with those of workers. */
interface Shared {
  readonly opening: Opening;
  /** The file that was opened, whatever stands at its path later. */
  readonly file: string;
}

export default defineSource({
  name: "sqlite",
  summary: "one table, view or query of a SQLite file, by random access",
  options,
  async create(options, { baseUrl, facts, shared }) {
    const path = resolve(fileURLToPath(baseUrl), options.path);
    const asked = askedBy(options);
    const driver = await openSqlite(path, { name: options.path, immutable: options.immutable });
    try {
      const { opening, file } =
        shared === undefined
          ? { opening: await readOpening(driver, asked, options, facts?.labels), file: identityOf(path) }
          : (shared as Shared);
      requireSameFile(path, file, options.path);
      return {
        ...keyedRows(driver, opening),
        share: (): Shared => ({ opening, file }),
        fingerprint: () => fingerprintFiles(filesOf(path)),
      };
    } catch (error) {
      await driver.close();
      throw error;
    }
  },
});

function askedBy({ table, query, values }: Options): Asked {
  if (query === undefined) return { table: table as string };
  const { text, placeholders } = oneSelect(query);
  if (placeholders === values.length) return { query: text, values };
  throw new MillraceError(
    "OPTION_INVALID",
    `\`values\` must have one value for each of the ${placeholders} \`?\` of \`query\`, has ${values.length}`,
    { path: ["values"], hint: "Give them in the order of the `?`." },
  );
}
