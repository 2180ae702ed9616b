// One rank of the tests: holds groups against the contract, and writes what it found into the folder that it is given.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { beginMpi } from "../../dist/begin.js";
import { openGroup } from "../../dist/group/group.js";

const [folder] = process.argv.slice(2);
const warnings = [];
const logger = { info() {}, warn: (_, text) => warnings.push(text) };
const parts = await beginMpi({ logger, environment: process.env });
const group = await openGroup(parts);
const { rank, size } = group;
const kinds = {
  "with threads": group,
  "without threads": await openGroup({ ...parts, threads: false }),
  "in pieces": await openGroup({ ...parts, mostBytes: 64 }),
};

/** The same numbers on every rank, other ones for each. */
const number = (i, of) => ((i * 7919 + of * 104_729 + 1) % 65_537) / 655.37 - 50;
const everyRank = Array.from({ length: size }, (_, i) => i);
const digest = (...arrays) => {
  const hash = createHash("sha256");
  for (const { buffer, byteOffset, byteLength } of arrays)
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest("hex");
};

async function sumsOf(one, length, channel) {
  // In shared memory too, where the arrays of workers lie, and from somewhere within.
  const memory = length % 2 === 1 ? SharedArrayBuffer : ArrayBuffer;
  const sum = new Float32Array(new memory(4 * (length + 3)), 8, length);
  for (let i = 0; i < length; i++) sum[i] = number(i, rank);
  await one.sum(sum, channel);
  for (let i = 0; i < length; i += Math.max(1, Math.floor(length / 1000))) {
    const exact = everyRank.reduce((total, of) => total + number(i, of), 0);
    assert.ok(Math.abs(sum[i] - exact) <= 1e-5 * size, `element ${i} of ${length}: ${sum[i]} for ${exact}`);
  }
  return sum;
}

const laws = {
  async sums(one) {
    const lengths = one === kinds["in pieces"] ? [0, 1, 15, 16, 17, 203] : [0, 1, 203, 65_537, 300_000];
    const sums = [];
    for (const length of lengths) sums.push(await sumsOf(one, length));
    return digest(...sums);
  },
  async doubles(one) {
    const values = Float64Array.of(rank + 1, 2 ** 40 + rank, 0.1, ...new Array(40).fill(rank));
    await one.sum64(values);
    const total = (size * (size - 1)) / 2;
    assert.deepEqual([...values.subarray(0, 2)], [total + size, size * 2 ** 40 + total]);
    const largest = Float64Array.of(
      rank,
      -1 - rank,
      Number.NEGATIVE_INFINITY,
      rank === size - 1 ? Infinity : 0,
    );
    await one.max(largest);
    assert.deepEqual([...largest], [size - 1, -1, Number.NEGATIVE_INFINITY, Infinity]);
    return digest(values, largest);
  },
  async infinite(one) {
    const values = Float32Array.of(rank === 0 ? Number.NaN : 1, rank === size - 1 ? Infinity : 1);
    await one.sum(values);
    assert.ok(Number.isNaN(values[0]) && values[1] === Infinity);
    return "";
  },
  async gathers(one) {
    // Rank 1 has nothing to give, and nobody has the second time.
    const own = (of) => Uint8Array.from({ length: of === 1 ? 0 : 100 * of + 3 }, (_, i) => i * 7 + of);
    const parts = await one.gather(own(rank));
    assert.deepEqual(parts, everyRank.map(own));
    assert.deepEqual(
      await one.gather(new Uint8Array(0)),
      everyRank.map(() => new Uint8Array(0)),
    );
    return digest(...parts);
  },
  async broadcasts(one) {
    const last = size - 1;
    const length = one === kinds["in pieces"] ? 1000 : one === group ? 50_000_000 : 100_000;
    const given = rank === last ? new Uint8Array(length).fill(5).fill(9, length - 3) : Uint8Array.of(1, 2, 3);
    const bytes = await one.broadcast(given, last);
    assert.equal(bytes.length, length);
    assert.equal((await one.broadcast(new Uint8Array(rank === 0 ? 0 : 8))).length, 0);
    return digest(bytes);
  },
  async channels(one) {
    // Asked for at once, large and small mixed, more channels than there are threads.
    const lengths = [270_000, 10, 280_000, 290_000, 20, 300_000, 310_000, 30];
    const sums = await Promise.all(lengths.map((length, i) => sumsOf(one, length, i % 5)));
    return digest(...sums);
  },
  async loop(one) {
    // The last rank is late; the others' event loops run meanwhile, and their cores rest.
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    const before = process.cpuUsage();
    if (rank === size - 1) await sleep(1000);
    await one.barrier();
    clearInterval(timer);
    const { user, system } = process.cpuUsage(before);
    if (size > 1) assert.ok(ticks > 20, `the event loop turned ${ticks} times`);
    return rank === size - 1 ? 0 : (user + system) / 1000;
  },
  async order(one) {
    // Nobody awaits until all are asked for: the calls of one channel keep their order.
    const values = Float32Array.of(1);
    await Promise.all([one.sum(values), one.sum(values), one.sum(values)]);
    assert.equal(values[0], size ** 3);
    const large = new Float32Array(300_000).fill(1);
    await Promise.all([one.sum(large, 1), one.sum(large.subarray(0, 5), 1), one.sum(large, 1)]);
    assert.deepEqual([large[0], large[5]], [size ** 3, size ** 2]);
    return digest(values, large);
  },
  async busy(one) {
    // Nobody comes back to the event loop until the sum is there: it goes on meanwhile, on its thread.
    const values = new Float32Array(300_000).fill(rank + 1);
    const own = one.sum(values, 3);
    const begun = performance.now();
    while (values[299_999] !== (size * (size + 1)) / 2 && performance.now() - begun < 20_000);
    const seconds = (performance.now() - begun) / 1000;
    await own;
    if (one === group && size > 1) assert.ok(seconds < 20, "the sum waited for the event loop");
    return "";
  },
  async ranks(one) {
    for (const from of [-1, size, 0.5])
      await assert.rejects(one.broadcast(new Uint8Array(1), from), { code: "GROUP_FAILED" });
    return "";
  },
};

const found = {};
for (const [kind, one] of Object.entries(kinds))
  for (const [name, law] of Object.entries(laws)) {
    if (kind === "in pieces" && (name === "channels" || name === "order" || name === "loop")) continue;
    if (kind !== "with threads" && name === "busy") continue;
    found[`${name} ${kind}`] = await law(one);
  }
const { localRank, localSize, description } = group;
await group.close();
await assert.rejects(group.barrier(), { code: "GROUP_FAILED" });
const wasm = outOfBounds();
writeFileSync(
  `${folder}/${rank}.json`,
  JSON.stringify({ rank, size, localRank, localSize, description, found, warnings, wasm }),
);

/** What WebAssembly says of an access out of bounds, which it notices by a signal. */
function outOfBounds() {
  const bytes = [
    0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 3, 2, 1, 0, 5, 3, 1, 0, 1, 7, 5, 1, 1, 102, 0, 0,
  ];
  const body = [10, 12, 1, 10, 0, 65, 128, 128, 128, 1, 40, 2, 0, 11];
  try {
    const module = new WebAssembly.Module(Uint8Array.from([...bytes, ...body]));
    return new WebAssembly.Instance(module).exports.f();
  } catch (error) {
    return error.message;
  }
}
