/** Keys and addresses of a stream's samples, and streams that are parts of others. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { IterableDataset, SampleStream, Shard, StreamContext } from "../../contracts/iterable.js";
import { ChainDataset } from "../datasets/chain.js";
import { hashSplit } from "../hash-split.js";
import { hashPartStream } from "./hash-part.js";
import { limitStream } from "./limit.js";
import { filterStream, mapStream } from "./map.js";
import { mixStreams, stopCriteria } from "./mix.js";
import type { Passed } from "./pass.js";
import { shuffleStream } from "./shuffle.js";
import { streamOf } from "./stream-of.js";

const range = (length: number) => Array.from({ length }, (_, i) => i);
const alone: StreamContext = { epoch: 0, shard: { id: 0, count: 1 } };
const shardsOf = (count: number): Shard[] => range(count).map((id) => ({ id, count }));

async function take<S>(pass: SampleStream<S>, most = Infinity): Promise<Passed<S>[]> {
  const taken: Passed<S>[] = [];
  while (taken.length < most) {
    const result = await pass.next();
    if (result.done) break;
    taken.push(result as Passed<S>);
  }
  return taken;
}
const all = <S>(stream: IterableDataset<S>, context: Partial<StreamContext> = {}) =>
  take(mapStream(stream, ({ value }) => value).iterate({ ...alone, ...context }));
const byAddress = (a: Passed<unknown>, b: Passed<unknown>) => a.address - b.address;

/** Numbers that take turns in shards; it gives no keys. */
function turns(length: number): IterableDataset<number> {
  return {
    length,
    iterate({ shard: { id, count }, state }) {
      let at = (state as { at: number } | undefined)?.at ?? id;
      return {
        next() {
          if (at >= length) return { done: true, value: undefined };
          const value = at;
          at += count;
          return { done: false, value };
        },
        state: () => ({ at }),
      };
    },
  };
}
const keyed = (length: number, prefix = "key ") => mapKeys(turns(length), (value) => `${prefix}${value}`);

function mapKeys(stream: IterableDataset<number>, keyOf: (value: number) => string): IterableDataset<number> {
  return {
    ...stream,
    iterate(context) {
      const pass = stream.iterate(context);
      const next = async () => {
        const result = await pass.next();
        return result.done ? result : { ...result, key: keyOf(result.value) };
      };
      return { next, state: () => pass.state?.() };
    },
  };
}

describe("the address of a sample", () => {
  it("is its number in the stream where shards take turns, whatever their number", async () => {
    for (const stream of [turns(23), streamOf(range(23))]) {
      for (const count of [1, 2, 5]) {
        const shards = await Promise.all(shardsOf(count).map((shard) => all(stream, { shard })));
        const samples = shards.flat().sort(byAddress);
        expect(samples.map(({ address }) => address)).toEqual(range(23));
        expect(samples.map(({ value }) => value)).toEqual(range(23));
      }
    }
  });

  it("follows from its key where it has one, whichever shard gives it", async () => {
    const addressOf = async (count: number) => {
      const shards = await Promise.all(shardsOf(count).map((shard) => all(keyed(23), { shard })));
      return Object.fromEntries(shards.flat().map(({ key, address }) => [key, address]));
    };
    const one = await addressOf(1);
    expect(Object.keys(one)).toHaveLength(23);
    expect(new Set(Object.values(one)).size).toBe(23);
    expect(await addressOf(3)).toEqual(one);
  });

  it("stays with it through windows, limits and parts, with its key", async () => {
    const plain = await all(keyed(40));
    const wrapped = filterStream(
      limitStream(shuffleStream(keyed(40), { windowSize: 7 }), 40),
      ({ value }) => value % 2 === 0,
      "even ones",
    );
    const even = plain.filter(({ value }) => value % 2 === 0).sort(byAddress);
    expect((await all(wrapped)).sort(byAddress)).toEqual(even);
  });

  it("differs between streams that are read as one, and where a sample comes again in an epoch", async () => {
    const parts = [turns(5), turns(20)];
    for (const joined of [
      new ChainDataset(parts),
      ...stopCriteria.map((stop) => mixStreams(parts, { stop })),
    ]) {
      const samples = await take(limitStream(joined, 60).iterate(alone));
      expect(new Set(samples.map(({ address }) => address)).size).toBe(samples.length);
    }
  });

  it("is the same after resuming at any sample", async () => {
    const wrap = fc.constantFrom<(stream: IterableDataset<number>) => IterableDataset<number>>(
      (stream) => shuffleStream(stream, { windowSize: 4, seed: 2 }),
      (stream) => limitStream(stream, 17),
      (stream) => new ChainDataset([turns(3), stream]),
      (stream) => mixStreams([stream, keyed(6, "other ")], { seed: 1 }),
      (stream) => filterStream(stream, ({ address }) => address % 3 !== 0, "some"),
      (stream) => mapStream(stream, ({ value }) => value),
    );
    const shards = fc
      .integer({ min: 1, max: 3 })
      .chain((count) => fc.nat(count - 1).map((id) => ({ id, count })));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(turns(12), keyed(12)),
        fc.array(wrap, { minLength: 1, maxLength: 4 }),
        shards,
        fc.nat(14),
        async (leaf, wraps, shard, at) => {
          const stream = wraps.reduce((inner, each) => each(inner), leaf);
          const whole = await take(stream.iterate({ ...alone, shard }));
          const pass = stream.iterate({ ...alone, shard });
          const before = await take(pass, at);
          const state: unknown = JSON.parse(JSON.stringify(pass.state?.()));
          expect([...before, ...(await take(stream.iterate({ ...alone, shard, state })))]).toEqual(whole);
        },
      ),
      { numRuns: 300, seed: 16 },
    );
  });
});

describe("limitStream", () => {
  it("gives as many samples over all shards, and each shard its share", async () => {
    const property = fc.asyncProperty(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 5 }),
      async (limit, count) => {
        const stream = limitStream(turns(200), limit);
        const shards = await Promise.all(shardsOf(count).map((shard) => all(stream, { shard })));
        const values = shards.flat().map(({ value }) => value);
        expect(values.sort((a, b) => a - b)).toEqual(range(limit));
        expect(stream.length).toBe(limit);
        const dealt = limitStream(streamOf(range(200)), limit);
        expect(shardsOf(count).map((shard) => dealt.lengthOf?.(shard))).toEqual(
          shards.map(({ length }) => length),
        );
      },
    );
    await fc.assert(property, { seed: 16 });
  });

  it("ends an endless stream, whose length is then known", async () => {
    const endless = turns(Infinity);
    expect(limitStream(endless, 30).length).toBe(30);
    expect(limitStream(endless, 30).lengthOf?.({ id: 0, count: 4 })).toBe(8);
    expect(await all(limitStream(endless, 3))).toHaveLength(3);
  });

  it("does not make a short stream longer, or lengths known that are not", async () => {
    expect(limitStream(turns(5), 30).length).toBe(5);
    expect(await all(limitStream(turns(5), 30))).toHaveLength(5);
    const unknown: IterableDataset<number> = { iterate: (context) => turns(5).iterate(context) };
    expect(limitStream(unknown, 30).length).toBeUndefined();
  });

  it("leaves the stream when it is left itself", async () => {
    let left = 0;
    const pass = limitStream(
      { iterate: () => ({ next: () => ({ done: false, value: 1 }), return: () => left++ }) },
      5,
    );
    const started = pass.iterate(alone);
    await started.next();
    await started.return?.();
    expect([await started.next(), left]).toEqual([{ done: true, value: undefined }, 1]);
  });

  it.each([0, -1, 1.5])("refuses a limit of %d", (limit) => {
    expect(() => limitStream(turns(3), limit)).toThrow("limit must be a whole number of at least 1");
  });
});

describe("a part of a stream by hash", () => {
  const fractions = [0.6, 0.25, 0.15];
  const part = (of: IterableDataset<number>, index: number, column?: string) =>
    hashPartStream(of, { fractions, part: index, salt: "s", column });

  it("has the samples that hashSplit gives of a dataset with the same keys, for any number of shards", async () => {
    const dataset = { length: 300, get: (index: number) => index, key: (index: number) => `key ${index}` };
    const expected = hashSplit(dataset, fractions, { salt: "s" }).map(({ indices }) => Array.from(indices));
    for (const count of [1, 3]) {
      for (const [index, indices] of expected.entries()) {
        const stream = part(keyed(300), index);
        const shards = await Promise.all(shardsOf(count).map((shard) => all(stream, { shard })));
        expect(
          shards
            .flat()
            .map(({ value }) => value)
            .sort((a, b) => a - b),
        ).toEqual(indices);
      }
    }
  });

  it("divides by a field as well, and samples of one value stay together", async () => {
    const rows = streamOf(range(200).map((i) => ({ patient: `p${i % 20}`, i })));
    const parts = await Promise.all(
      range(3).map((index) =>
        all(hashPartStream(rows, { fractions, part: index, salt: "", column: "patient" })),
      ),
    );
    expect(parts.flat()).toHaveLength(200);
    const patients = parts.map((samples) => [...new Set(samples.map(({ value }) => value.patient))]);
    expect(patients.flat()).toHaveLength(20);
  });

  it("does not know its length, but that it has no end", () => {
    expect(part(turns(9), 0).length).toBeUndefined();
    expect(part(turns(Infinity), 0).length).toBe(Infinity);
  });

  it("names what is missing: keys, or the field", async () => {
    await expect(all(part(turns(3), 0))).rejects.toMatchObject({
      code: "SPLIT_INVALID",
      path: ["split", "by"],
    });
    const rows = streamOf([{ patient: "a" }]) as unknown as IterableDataset<number>;
    await expect(all(part(rows, 0, "patinet"))).rejects.toMatchObject({
      code: "COLUMN_UNKNOWN",
      path: ["split", "column"],
      message: expect.stringContaining('did you mean "patient"') as string,
    });
  });
});
