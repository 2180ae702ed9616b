/**
 * Batches of 256 random rows from SQLite, and behind a cache, against torch with a Dataset that reads row by row, by processor
 * time; and the memory that a table of many rows takes, against its keys and 64 MB. Exits 1 where a bound is missed.
 *
 *     npm run build && node bench/random-rows.mjs [rows of the memory's table]
 *
 * Without a Python that has torch ($MILLRACE_PYTHON, else python3) the first two are left out.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cached, DataLoader, heapAllocator, RandomSampler } from "@millrace/core/dataloader";
import { table, writeTable } from "./sqlite.mjs";

const say = (text) => process.stdout.write(`${text}\n`);
const rows = 200_000;
const batchSize = 256;

/** Rows in a second of processor time, one SELECT for each, as a Dataset over a database is written. */
const torchRows = `
import sqlite3, sys, time, torch
from torch.utils.data import DataLoader, Dataset
torch.set_num_threads(1)

class Rows(Dataset):
    def __init__(self, path):
        self.database = sqlite3.connect(path)
        self.count = self.database.execute("select count(*) from samples").fetchone()[0]

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        row = self.database.execute("select * from samples where rowid = ?", (index + 1,)).fetchone()
        return torch.tensor(row[:-1], dtype=torch.float32), float(row[-1])

count, started = 0, time.process_time()
for features, label in DataLoader(Rows(sys.argv[1]), batch_size=${batchSize}, shuffle=True):
    count += len(label)
    if count >= 50_000:
        break
print(count / (time.process_time() - started))
`;

function torch(path) {
  for (const command of [process.env.MILLRACE_PYTHON, "python3"].filter(Boolean)) {
    try {
      return Number(execFileSync(command, ["-c", torchRows, path], { stdio: ["ignore", "pipe", "ignore"] }));
    } catch {
      // Not there, or without torch.
    }
  }
  return undefined;
}

/** Rows in a second of processor time, the best of eight. */
async function rate(count, work) {
  let best = 0;
  for (let round = 0; round < 8; round++) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    best = Math.max(best, (count / (user + system)) * 1e6);
  }
  return best;
}

function told(name, value, bound, unit, isMissed) {
  say(`${name}: ${value} (${bound}${isMissed ? ": MISSED" : ""})${unit}`);
  if (isMissed) process.exitCode = 1;
}

async function speed(folder) {
  const path = join(folder, "samples.db");
  writeTable(path, rows);
  const base = torch(path);
  if (base === undefined) {
    say("rows against torch: not measured, there is no Python with torch");
    return;
  }
  const dataset = await table(path);
  const order = [...new RandomSampler(dataset).indices(0)];
  const batches = 200;
  const ours = await rate(batches * batchSize, async () => {
    for (let i = 0; i < batches; i++)
      await dataset.getBatch(order.slice(i * batchSize, (i + 1) * batchSize), { epoch: 0 }, heapAllocator);
  });
  const each = (value) =>
    `; ${Math.round(value).toLocaleString("en")} rows/s against ${Math.round(base).toLocaleString("en")}`;
  told("SQLite", `${(ours / base).toFixed(1)}×`, "at least 6×", each(ours), ours < 6 * base);
  const loader = new DataLoader(cached(dataset, { in: "memory" }), { batchSize, shuffle: true });
  const epoch = async () => {
    for await (const batch of loader) batch.release();
  };
  await epoch();
  const kept = await rate(rows, epoch);
  told("behind a cache", `${(kept / base).toFixed(1)}×`, "at least 30×", each(kept), kept < 30 * base);
  await loader.close();
  await dataset.close();
}

/** Most bytes of memory of a process that opens the table and reads some random batches. */
function memoryOf(path) {
  const script = `
    import { heapAllocator } from ${JSON.stringify(import.meta.resolve("@millrace/core/dataloader"))};
    import { table } from ${JSON.stringify(import.meta.resolve("./sqlite.mjs"))};
    const dataset = await table(process.argv[1]);
    for (let i = 0; i < 40; i++) {
      const indices = Array.from({ length: ${batchSize} }, (_, k) => (i * 7919 + k * 104729) % dataset.length);
      await dataset.getBatch(indices, { epoch: 0 }, heapAllocator);
    }
    console.log(process.resourceUsage().maxRSS * 1024);`;
  const args = ["--input-type=module", "-e", script, path];
  return Number(
    execFileSync(process.execPath, args, {
      encoding: "utf8",
      cwd: fileURLToPath(new URL(".", import.meta.url)),
    }),
  );
}

function memory(folder, count) {
  const [few, many] = [join(folder, "few.db"), join(folder, "many.db")];
  writeTable(few, 1000);
  writeTable(many, count);
  const more = memoryOf(many) - memoryOf(few);
  const limit = 4 * count + 64e6;
  const megabytes = (bytes) => `${Math.round(bytes / 1e6)} MB`;
  const what = `memory for ${count.toLocaleString("en")} rows`;
  told(what, megabytes(more), `at most keys and 64 MB, ${megabytes(limit)}`, "", more > limit);
}

const folder = mkdtempSync(join(tmpdir(), "millrace-rows-"));
try {
  await speed(folder);
  memory(folder, Number(process.argv[2] ?? 10_000_000));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
