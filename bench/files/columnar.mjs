/** Tables in Parquet and Arrow files: a shuffled epoch against DuckDB's vectors, and against torch with rows of pyarrow, by processor time. */
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { BlockShuffleSampler, heapAllocator } from "@millrace/core/dataloader";

const require = createRequire(new URL("../../packages/source-sql/package.json", import.meta.url));
const rows = 1_000_000;
const blockSize = 100_000;
const batchSize = 256;
const names = Array.from({ length: 10 }, (_, i) => `x${i}`);

/** A million rows of ten doubles, as Parquet (Snappy) and Feather (LZ4), ten groups each: pyarrow's own compression. */
const write = `
import json, sys, numpy, pyarrow as pa, pyarrow.parquet as pq, pyarrow.feather as feather
n = numpy.arange(1, ${rows} + 1)
table = pa.table({f"x{i}": n * (7919 + 13 * i) % 10007 / 10007.0 for i in range(10)})
pq.write_table(table, sys.argv[1] + "/t.parquet", row_group_size=${blockSize})
feather.write_feather(table, sys.argv[1] + "/t.feather", chunksize=${blockSize})
print(json.dumps(True))
`;

/** Rows in a second of processor time of a shuffled DataLoader over one row at a time, as a Dataset over a table is written. */
const torchRows = `
import json, sys, time, torch, pyarrow.parquet as pq, pyarrow.feather as feather
from torch.utils.data import DataLoader, Dataset
torch.set_num_threads(1)

class Rows(Dataset):
    def __init__(self, path):
        self.table = pq.read_table(path) if path.endswith("parquet") else feather.read_table(path, memory_map=True)
        self.columns = [self.table[name].combine_chunks() for name in self.table.column_names]

    def __len__(self):
        return len(self.table)

    def __getitem__(self, index):
        return torch.tensor([column[index].as_py() for column in self.columns], dtype=torch.float32)

loader = DataLoader(Rows(sys.argv[1]), batch_size=${batchSize}, shuffle=True)
count, started = 0, time.process_time()
for batch in loader:
    count += len(batch)
    if count >= 100_000:
        break
print(json.dumps(count / (time.process_time() - started)))
`;

/** The same of an epoch whose order mixes all blocks, opening included. */
async function epochOf(open, processor, name, options) {
  const time = await processor(async () => {
    const dataset = await open(name, { features: names, ...options });
    const order = [...new BlockShuffleSampler(dataset, { blockSize, bufferBlocks: 10 }).indices(0)];
    for (let start = 0; start < order.length; start += batchSize)
      await dataset.getBatch(order.slice(start, start + batchSize), { epoch: 0 }, heapAllocator);
    await dataset.close();
  }, 3);
  return (rows / time) * 1000;
}

/** The same numbers of the file, as DuckDB hands them over, written into one array. */
async function vectors(folder, processor) {
  const { DuckDBInstance } = require("@duckdb/node-api");
  const instance = await DuckDBInstance.create(":memory:", { threads: "2" });
  const connection = await instance.connect();
  const all = new Float32Array(10 * rows);
  const time = await processor(async () => {
    const result = await connection.stream(
      `SELECT ${names.join(", ")} FROM read_parquet('${join(folder, "t.parquet")}')`,
    );
    for (let at = 0; ; ) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) break;
      for (let i = 0; i < 10; i++) {
        const { items } = chunk.getColumnVector(i);
        for (let row = 0; row < chunk.rowCount; row++) all[(at + row) * 10 + i] = items[row];
      }
      at += chunk.rowCount;
    }
  }, 3);
  connection.closeSync();
  instance.closeSync();
  return (rows / time) * 1000;
}

const perSecond = (rate) => `${Math.round(rate).toLocaleString("en")} rows/s`;

async function against({ folder, open, processor, python }, name, file, rival) {
  if (python(["pyarrow", "numpy"], write, folder) === undefined) return undefined;
  const theirs = await rival();
  if (theirs === undefined) return undefined;
  const ours = await epochOf(open, processor, name, { path: file });
  return { ratio: ours / theirs, ours: perSecond(ours), theirs: perSecond(theirs) };
}

/** Most memory in bytes of a process that opens the file, and reads the number of batches in shuffled blocks. */
function memory(folder, batches) {
  const script = `
    import { BlockShuffleSampler, heapAllocator } from ${JSON.stringify(import.meta.resolve("@millrace/core/dataloader"))};
    import plugins from ${JSON.stringify(import.meta.resolve("@millrace/source-fs"))};
    const plugin = plugins.find(({ name }) => name === "parquet");
    const options = plugin.options.parse({ path: "t.parquet", cacheBytes: ${cacheBytes} });
    const dataset = await plugin.create(options, { baseUrl: new URL(${JSON.stringify(`file://${folder}/`)}), seed: 0, logger: console });
    const order = [...new BlockShuffleSampler(dataset, { blockSize: ${blockSize}, bufferBlocks: 4 }).indices(0)];
    for (let i = 0; i < ${batches}; i++)
      await dataset.getBatch(order.slice(i * 256, (i + 1) * 256), { epoch: 0 }, heapAllocator);
    console.log(process.resourceUsage().maxRSS * 1024);`;
  return Number(execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" }));
}

/** Four of ten row groups of 4 MB, and no more. */
const cacheBytes = 16_000_000;

export const cases = {
  "parquet-duckdb": {
    what: "a Parquet file of 1M × 10 doubles in shuffled blocks as Float32 batches, against DuckDB's vectors of it, in order",
    atLeast: 0.2,
    run: (tools) => against(tools, "parquet", "t.parquet", () => vectors(tools.folder, tools.processor)),
  },
  "parquet-torch": {
    what: "the same, against a shuffled DataLoader of torch over rows of a pyarrow table",
    atLeast: 5,
    run: (tools) =>
      against(tools, "parquet", "t.parquet", () =>
        tools.python(["torch", "pyarrow"], torchRows, join(tools.folder, "t.parquet")),
      ),
  },
  "arrow-torch": {
    what: "the same of a Feather file with LZ4",
    atLeast: 5,
    run: (tools) =>
      against(tools, "arrow", "t.feather", () =>
        tools.python(["torch", "pyarrow"], torchRows, join(tools.folder, "t.feather")),
      ),
  },
  "parquet-memory": {
    what: "most memory that a process takes more while it reads a million rows with a cache of 16 MB, against 64 MB",
    atMost: 1.5,
    async run({ folder, python }) {
      if (python(["pyarrow", "numpy"], write, folder) === undefined) return undefined;
      const more = memory(folder, Math.floor(rows / batchSize)) - memory(folder, 0);
      return { ratio: more / 64e6, ours: `${Math.round(more / 1e6)} MB`, theirs: "64 MB" };
    },
  },
};
