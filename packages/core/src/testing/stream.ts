/** The laws of a source that opens a stream: passes that share themselves out, and go on where they were left. */
import { type IterableDataset, isStreamLike, type Shard, type StreamContext } from "../contracts/iterable.js";
import { testFields } from "./fields.js";
import { beyond, openResources } from "./resources.js";
import { type Taken, take, wholePass } from "./read.js";
import type { SourceSuite } from "./source.js";
import { expect } from "./expect.js";
import { it, waitFor } from "./harness.js";

interface Opened {
  readonly dataset: IterableDataset;
  close(): Promise<void>;
}

/** Samples read of each pass, where it does not end before. */
const most = 60;
/** Places at which a pass is left and gone on with. */
const places = [0, 1, 2, 3, 7, 20, most - 1];
const counts = [1, 2, 3];

const shardsOf = (count: number): Shard[] => Array.from({ length: count }, (_, id) => ({ id, count }));

async function passOf(dataset: IterableDataset, context: Partial<StreamContext> = {}, limit = Infinity) {
  const pass = dataset.iterate({ ...wholePass, ...context });
  const samples = await take(pass, Math.min(limit, dataset.length === Infinity ? most : Infinity));
  await pass.return?.();
  return samples;
}

export function testStream(suite: SourceSuite, open: () => Promise<Opened>): void {
  testSharing(suite, async () => (await open()).dataset);
  testResuming(async () => (await open()).dataset);
  testEnds(suite, open);
  testStatements(suite, async () => (await open()).dataset);
  testFields(async () => (await open()).dataset);
}

function testSharing(suite: SourceSuite, open: () => Promise<IterableDataset>): void {
  it("opens a stream, of as many samples as it says", async () => {
    const dataset = await open();
    expect(isStreamLike(dataset), "a stream has `iterate`, and no `get`").toBe(true);
    expect(dataset.length).toBe(suite.length ?? dataset.length);
    const { length } = await passOf(dataset);
    expect(length).toBe(dataset.length === Infinity ? most : (dataset.length ?? length));
  });

  it("gives each sample once over all shards, whatever their number", async () => {
    const dataset = await open();
    const whole = textsOf(await passOf(dataset));
    for (const count of counts) {
      const shards = await Promise.all(shardsOf(count).map((shard) => passOf(dataset, { shard })));
      const texts = shards.map(textsOf);
      // Of an endless one there is nothing to be complete, but shards must have nothing in common.
      const expected = dataset.length === Infinity ? texts.flatMap((each) => [...new Set(each)]) : whole;
      const given = dataset.length === Infinity ? [...new Set(texts.flat())] : texts.flat();
      expect(given.sort(), `${count} shards`).toEqual([...expected].sort());
      const stated = shardsOf(count).map((shard, id) => dataset.lengthOf?.(shard) ?? shards[id].length);
      const lengths = shards.map(({ length }) => (dataset.length === Infinity ? Infinity : length));
      expect(dataset.lengthOf === undefined ? lengths : stated, `lengths of ${count} shards`).toEqual(
        lengths,
      );
    }
  });

  it("gives the same pass for the same epoch, in another opening and while another pass is read", async () => {
    const dataset = await open();
    const alone = await passOf(dataset, {}, most);
    expect(await passOf(await open(), {}, most)).toEqual(alone);
    const passes = [0, 1, 0].map((epoch) => dataset.iterate({ ...wholePass, epoch }));
    const seen: Taken[][] = [[], [], []];
    for (let i = 0; i < alone.length; i++) {
      for (const [at, pass] of passes.entries()) seen[at].push(...(await take(pass, 1)));
    }
    for (const pass of passes) await pass.return?.();
    expect([seen[0], seen[2]]).toEqual([alone, alone]);
  });

  it("has a distinct key for each sample, the same in every shard, if it has keys", async () => {
    const dataset = await open();
    const samples = await passOf(dataset);
    if (samples[0]?.key === undefined) return;
    const keys = samples.map(({ key }) => key);
    for (const key of keys) {
      expect(typeof key === "number" ? Number.isSafeInteger(key) : (key ?? "") !== "", `key ${key}`).toBe(
        true,
      );
    }
    expect(new Set(keys.map(String)).size).toBe(keys.length);
    const known = new Map(samples.map(({ key, sample }) => [key, sample]));
    const shards = await Promise.all(shardsOf(2).map((shard) => passOf(dataset, { shard })));
    const again = shards.flat().filter(({ key }) => known.has(key));
    expect(again.map(({ sample }) => sample)).toEqual(again.map(({ key }) => known.get(key)));
  });
}

function testResuming(open: () => Promise<IterableDataset>): void {
  it("goes on where it was left, at any sample and twice, if it has a state", async () => {
    const dataset = await open();
    for (const shard of [wholePass.shard, ...shardsOf(2)]) {
      const context = { ...wholePass, epoch: 1, shard };
      const whole = await passOf(dataset, context, most);
      for (const place of places.filter((at) => at <= whole.length)) {
        const seen: Taken[] = [];
        let state: unknown;
        for (const size of [place, 2, most]) {
          const pass = dataset.iterate(state === undefined ? context : { ...context, state });
          if (pass.state === undefined) return;
          seen.push(...(await take(pass, Math.min(size, most - seen.length))));
          const json = JSON.stringify(pass.state());
          expect(JSON.stringify(pass.state()), "a state is the same when it is asked for twice").toBe(json);
          state = JSON.parse(json);
          await pass.return?.();
        }
        expect(seen, `left after ${place} samples of shard ${shard.id} of ${shard.count}`).toEqual(whole);
      }
    }
  });

  it("stands at its start before the first sample, and at its end behind the last, if it has a state", async () => {
    const dataset = await open();
    const fresh = dataset.iterate(wholePass);
    if (fresh.state === undefined) return;
    const state: unknown = JSON.parse(JSON.stringify(fresh.state() ?? null));
    await fresh.return?.();
    const start = state === null ? {} : { state };
    expect(await passOf(dataset, start, most)).toEqual(await passOf(dataset, {}, most));
    if (dataset.length === Infinity) return;
    const pass = dataset.iterate(wholePass);
    await take(pass, Infinity);
    const end: unknown = JSON.parse(JSON.stringify(pass.state?.()));
    expect(await passOf(dataset, { state: end })).toEqual([]);
  });
}

function testEnds(suite: SourceSuite, open: () => Promise<Opened>): void {
  it("stays at its end, and ends when it is left", async () => {
    const { dataset } = await open();
    const whole = dataset.iterate(wholePass);
    const over = dataset.length !== Infinity && (await take(whole, Infinity)).length >= 0;
    const after = [(await whole.next()).done ?? false, (await whole.next()).done ?? false];
    await whole.return?.();
    expect(after).toEqual([over, over]);
    const left = dataset.iterate(wholePass);
    await take(left, 1);
    await left.return?.();
    expect(left.return === undefined || (await left.next()).done).toBe(true);
    await left.return?.();
  });

  it("leaves nothing open after a pass that was left, and after close, which may come twice", async () => {
    const before = openResources(suite);
    const opened = await open();
    const { dataset } = opened;
    const pass = dataset.iterate(wholePass);
    await take(pass, 1);
    await pass.return?.();
    await passOf(dataset, {}, most);
    await opened.close();
    await opened.close();
    await waitFor(() => expect(beyond(before, openResources(suite))).toEqual([]), 5000);
  });
}

function testStatements(suite: SourceSuite, open: () => Promise<IterableDataset>): void {
  it("states its facts", async () => {
    expect((await open()).facts ?? {}).toMatchObject(suite.facts ?? {});
  });

  it("has the same fingerprint and description in another instance, if it has them", async () => {
    const [first, second] = [await open(), await open()];
    expect(await first.fingerprint?.()).toBe(await second.fingerprint?.());
    expect(first.description).toBe(second.description);
  });
}

/** What tells samples apart: their keys, or what they hold. */
function textsOf(samples: readonly Taken[]): string[] {
  return samples.map(({ key, sample }) =>
    key === undefined
      ? JSON.stringify(sample, (_, value: unknown) =>
          ArrayBuffer.isView(value) ? [...(value as Uint8Array)] : value,
        )
      : String(key),
  );
}
