/** Rows of a SQLite table to batches: a case for bench.mjs. */
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { portable } from "@millrace/core/dataloader";
import plugins from "@millrace/source-sql";

const Database = createRequire(new URL("../packages/source-sql/package.json", import.meta.url))("libsql");
const here = import.meta.url;
const rows = 200_000;

/** The table `samples` of the file at `path`, as the source of a spec would open it. */
export async function table(path) {
  const [sqlite] = plugins;
  const options = sqlite.options.parse({ path, table: "samples", label: "label", labelType: "number" });
  const dataset = await sqlite.create(options, { baseUrl: pathToFileURL(`${path}.`), seed: 0 });
  return portable(dataset, { module: here, export: "table", args: [path] });
}

/** Ten numbers and a label per row, keyed by SQLite's own row id. */
export function writeTable(path, count) {
  const database = new Database(path);
  const names = Array.from({ length: 10 }, (_, i) => `x${i}`);
  const values = names.map((_, i) => `(n * ${7919 + 13 * i} % 10007) / 10007.0`);
  database.exec(`CREATE TABLE samples (${names.map((name) => `${name} REAL`).join(", ")}, label INTEGER)`);
  database.exec(`WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})
    INSERT INTO samples SELECT ${values.join(", ")}, n % 2 FROM numbers`);
  database.close();
}

let path;

export const cases = {
  sqlite: {
    what: `${rows.toLocaleString("en")} SQLite rows × 10 numbers and a label, batches of 256`,
    batchSize: 256,
    recorded: { 0: 26_000, 2: 34_000 },
    epochs: 3,
    prepare() {
      const folder = mkdtempSync(join(tmpdir(), "millrace-sqlite-"));
      path = join(folder, "samples.db");
      writeTable(path, rows);
      return folder;
    },
    clear: (folder) => rmSync(folder, { recursive: true, force: true }),
    torchArguments: () => [path],
    dataset: () => table(path),
  },
};
