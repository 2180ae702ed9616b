/** Streams of a spec, resumed: every shard goes on where it was left, whatever the spec makes of its sources. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { z } from "zod";
import type { IterableDataset, Shard } from "../../contracts/iterable.js";
import type { NdArray } from "../../contracts/ndarray.js";
import { defaultCollate, heapAllocator } from "../../data/collate.js";
import { defineTransform } from "../../plugin/plugin.js";
import { Registry } from "../../plugin/registry.js";
import { BatchStream, type ShardState } from "../../workers/making/stream.js";
import { splitStream, type StreamRequest, type StreamSource } from "./split.js";

const registry = new Registry();
registry.add(
  defineTransform({
    name: "jitter",
    summary: "adds noise",
    random: true,
    options: z.strictObject({}),
    create:
      () =>
      (sample: Row, { random }) => ({ ...sample, noise: `${sample.noise} ${random.uniform()}` }),
  }),
);
const context = { baseUrl: new URL("file:///"), seed: 3 };
const jitter = { use: "jitter", with: {} };

interface Row {
  readonly id: number;
  readonly noise: string;
}

interface Shape {
  readonly count: number;
  readonly keyed: boolean;
  readonly state: boolean;
  /** Whether shards are blocks, so that some may have nothing; they take turns otherwise. */
  readonly blocks: boolean;
}

function events({ count, keyed, state: kept, blocks }: Shape, start: number): IterableDataset<Row> {
  return {
    iterate({ shard, state }) {
      const share = blocks ? 7 : Infinity;
      const step = blocks ? 1 : shard.count;
      let at = (state as { at: number } | undefined)?.at ?? (blocks ? shard.id * share : shard.id);
      const last = shard.id === shard.count - 1;
      const end = blocks && !last ? Math.min(count, (shard.id + 1) * share) : count;
      const next = () => {
        if (at >= end) return { done: true as const, value: undefined };
        const id = start + at;
        at += step;
        return { done: false as const, value: { id, noise: "" }, ...(keyed && { key: `event ${id}` }) };
      };
      return { next, ...(kept && { state: () => ({ at }) }) };
    },
  };
}

const shapes = fc.record({
  count: fc.nat(30),
  keyed: fc.boolean(),
  state: fc.boolean(),
  blocks: fc.boolean(),
  limit: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
  weight: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
  transforms: fc.constantFrom([], [jitter]),
});
const cases = fc.record({
  sources: fc.array(shapes, { minLength: 1, maxLength: 3 }),
  window: fc.option(fc.integer({ min: 2, max: 20 }), { nil: undefined }),
  part: fc.boolean(),
  measured: fc.boolean(),
  workers: fc.integer({ min: 1, max: 4 }),
  batchSize: fc.integer({ min: 1, max: 8 }),
  dropLast: fc.boolean(),
  epoch: fc.nat(3),
  stops: fc.tuple(fc.nat(6), fc.nat(6)),
});
type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

function requestOf({ sources, window, part, measured }: Case): StreamRequest {
  const keyed = sources.every((each) => each.keyed);
  return {
    registry,
    context,
    transforms: [jitter],
    split: "train",
    sources: sources.map(
      (shape, i): StreamSource => ({
        dataset: events(shape, 1000 * i),
        transforms: shape.transforms,
        limit: shape.limit,
        weight: shape.weight,
      }),
    ),
    rule: {
      ...(part && keyed && { part: { fractions: [0.7, 0.3], part: 0, salt: "" } }),
      ...(!measured && { window }),
      measured,
    },
  };
}

async function batchesOf(
  stream: IterableDataset,
  shard: Shard,
  { batchSize, dropLast, epoch }: Case,
  from?: ShardState,
  most = Infinity,
) {
  const pass = new BatchStream(
    stream,
    defaultCollate,
    { batchSize, dropLast, seed: 0 },
    { epoch, shard },
    from,
  );
  const batches: string[] = [];
  const ids: number[] = [];
  let state = from;
  while (batches.length < most) {
    const next = await pass.next(heapAllocator);
    if (next === undefined) break;
    const { id } = next.data as { id: NdArray };
    batches.push(JSON.stringify(next.data));
    ids.push(...Array.from(id.data));
    state = JSON.parse(JSON.stringify(next.shard)) as ShardState;
  }
  await pass.close();
  return { batches, ids, state };
}

it("gives in 1,000 cases the batches of a pass that was never left, twice left at any batch, and each sample once", async () => {
  await fc.assert(
    fc.asyncProperty(cases, async (each) => {
      const [whole, again] = [await splitStream(requestOf(each)), await splitStream(requestOf(each))];
      const seen: number[] = [];
      for (let id = 0; id < each.workers; id++) {
        const shard = { id, count: each.workers };
        const expected = await batchesOf(whole, shard, each);
        const batches: string[] = [];
        let state: ShardState | undefined;
        for (const most of [...each.stops, Infinity]) {
          const read = await batchesOf(again, shard, each, state, most);
          batches.push(...read.batches);
          state = read.state;
        }
        expect(batches).toEqual(expected.batches);
        seen.push(...expected.ids);
      }
      const mixed = !each.measured && each.sources.some(({ weight }) => weight !== undefined);
      // A mixture starts short streams over.
      const once = !mixed || each.sources.length === 1;
      expect(new Set(seen).size).toBe(once ? seen.length : new Set(seen).size);
      const whichAll = each.sources.every(({ limit }) => limit === undefined) && !each.part && !each.dropLast;
      const all = each.sources.reduce((sum, { count }) => sum + count, 0);
      expect(whichAll ? new Set(seen).size : all).toBe(all);
    }),
    { numRuns: 1000, seed: 16 },
  );
}, 120_000);
