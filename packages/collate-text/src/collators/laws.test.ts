/** What holds of the collate functions for any sequences. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Arrays, collated, listOf } from "../../test/collating.js";
import languageModel from "./language-model.js";
import maskedLanguageModel from "./masked-language-model.js";
import packSequences from "./pack-sequences.js";

/** Sequences in which every token occurs once, from 1. */
const sequences = fc.array(fc.nat({ max: 12 }), { minLength: 1, maxLength: 12 }).map((lengths) => {
  let next = 1;
  return lengths.map((length) => Int32Array.from({ length }, () => next++));
});
const strategy = fc.constantFrom("concatenate" as const, "first-fit" as const);
const rowLength = fc.integer({ min: 1, max: 15 });

const samplesOf = (given: readonly Int32Array[]) => given.map((tokens) => ({ tokens }));
const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

interface Step {
  readonly token: number;
  readonly position: number;
  readonly segment: number;
  readonly target: number | undefined;
}

/** The steps of each row that are no padding. */
function stepsOf({ tokens, positionIds, segmentIds, label }: Arrays): Step[][] {
  const [positions, segments] = [listOf(positionIds), listOf(segmentIds)];
  const targets = label && listOf(label);
  return listOf(tokens).map((row, y) =>
    row
      .map((token, x) => ({
        token,
        position: positions[y][x],
        segment: segments[y][x],
        target: targets?.[y][x],
      }))
      .filter(({ segment }) => segment > 0),
  );
}

describe("packed rows", () => {
  it("have every token once, in pieces of documents that count from 0 and have numbers of their own", async () => {
    await fc.assert(
      fc.asyncProperty(sequences, strategy, rowLength, async (given, how, length) => {
        const batch = await collated(
          packSequences,
          { length, strategy: how, paddingValue: -1 },
          samplesOf(given),
        );
        const rows = stepsOf(batch);
        const all = given.flatMap((tokens) => [...tokens]);
        expect(rows.flatMap((row) => row.map(({ token }) => token)).sort((a, b) => a - b)).toEqual(all);
        expect(batch.tokens.shape).toEqual([Math.max(1, rows.length), length]);
        const documentOf = new Map(given.flatMap((tokens, i) => [...tokens].map((token) => [token, i])));
        for (const row of rows) {
          for (const [x, { token, position, segment }] of row.entries()) {
            const before = x > 0 ? row[x - 1] : { token: Number.NaN, position: -1, segment: 0 };
            const goesOn = documentOf.get(token) === documentOf.get(before.token);
            expect([position, segment]).toEqual(
              goesOn ? [before.position + 1, before.segment] : [0, before.segment + 1],
            );
          }
        }
        // Where sequences are joined, only the last row has padding.
        const full = listOf(batch.tokens).filter((row) => !row.includes(-1)).length;
        expect(full >= rows.length - 1).toBe(how === "concatenate" || full >= rows.length - 1);
      }),
      { numRuns: 100 },
    );
  });

  it("have no document in two rows by first-fit, unless it is longer than a row, and no two rows that go into one", async () => {
    await fc.assert(
      fc.asyncProperty(sequences, rowLength, async (given, length) => {
        const rows = stepsOf(
          await collated(packSequences, { length, strategy: "first-fit" }, samplesOf(given)),
        );
        for (const tokens of given) {
          const found = rows.filter((row) => row.some(({ token }) => tokens.includes(token))).length;
          expect(found).toBeLessThanOrEqual(Math.ceil(tokens.length / length));
        }
        const small = rows.filter((row) => row.length <= length / 2);
        expect(small.length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 100 },
    );
  });

  it("leave out what fills no row with remainder drop, and nothing else", async () => {
    const given = samplesOf([Int32Array.of(1, 2, 3), Int32Array.of(4, 5, 6, 7, 8)]);
    const dropped = await collated(packSequences, { length: 3, remainder: "drop" }, given);
    expect(listOf(dropped.tokens)).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const kept = await collated(packSequences, { length: 3, paddingValue: { tokens: -1 } }, given);
    expect(listOf(kept.tokens)[2]).toEqual([7, 8, -1]);
    await expect(collated(packSequences, { length: 9, remainder: "drop" }, given)).rejects.toMatchObject({
      code: "COLLATE_EMPTY",
    });
  });
});

describe("targets of a language model", () => {
  it("are the next token of the same document, once for each but the last, in any packing", async () => {
    const packing = fc.constantFrom("none", "concatenate", "first-fit");
    await fc.assert(
      fc.asyncProperty(sequences, packing, rowLength, async (given, how, length) => {
        const options = how === "none" ? { paddingValue: -1 } : { packing: how, length, paddingValue: -1 };
        const batch = await collated(languageModel, options, samplesOf(given));
        const [tokens, targets] = [listOf(batch.tokens).flat(), listOf(batch.label).flat()];
        const next = new Map(given.flatMap((own) => [...own].slice(1).map((token, i) => [own[i], token])));
        expect(tokens.map((token) => next.get(token) ?? -100)).toEqual(targets);
        expect(targets.filter((target) => target !== -100)).toHaveLength(
          sum(given.map((own) => Math.max(0, own.length - 1))),
        );
      }),
      { numRuns: 100 },
    );
  });

  it("stay within the documents of a sample that holds several", async () => {
    const sample = { tokens: [1, 2, 3, 4, 5, 6], of: [0, 0, 7, 7, 7, 2] };
    for (const more of [{}, { packing: "concatenate", length: 6 }]) {
      const batch = await collated(languageModel, { documents: "of", ...more }, [sample]);
      expect(listOf(batch.label)).toEqual([[2, -100, 4, 5, -100, -100]]);
      expect("of" in batch).toBe(false);
    }
    const packed = await collated(languageModel, { documents: "of", packing: "first-fit", length: 6 }, [
      sample,
    ]);
    expect(listOf(packed.segmentIds)).toEqual([[1, 1, 2, 2, 2, 3]]);
  });
});

describe("masked tokens", () => {
  const options = { maskToken: 4, vocabularySize: 1000, specialTokens: [0, 1, 2, 3] };
  const long = Array.from({ length: 40 }, (_, row) => ({
    tokens: Int32Array.from({ length: 500 }, (_, i) =>
      i % 10 === 0 ? (i / 10) % 5 : 10 + ((i * 7 + row) % 900),
    ),
  }));

  it("are 15 in 100 of those that are not special, of which 80, 10 and 10 in 100 are hidden, random and as they were", async () => {
    const batch = await collated(maskedLanguageModel, options, long);
    const [seen, targets, tokens] = [
      batch.tokens.data,
      batch.label.data,
      long.flatMap((row) => [...row.tokens]),
    ];
    const chosen = tokens.flatMap((token, i) =>
      targets[i] === -100 ? [] : [{ token, seen: seen[i], target: targets[i] }],
    );
    expect(chosen.every(({ token, target }) => target === token && token > 4)).toBe(true);
    const unchosen = tokens.filter((token, i) => targets[i] === -100 && seen[i] !== token);
    expect(unchosen).toEqual([]);
    const eligible = tokens.filter((token) => token > 4).length;
    const near = (count: number, of: number, share: number): void => {
      expect(Math.abs(count - of * share)).toBeLessThan(3 * Math.sqrt(of * share * (1 - share)));
    };
    near(chosen.length, eligible, 0.15);
    near(chosen.filter((each) => each.seen === 4).length, chosen.length, 0.8);
    // A random token may be the one that it stands for, or the mask.
    near(chosen.filter((each) => each.seen === each.token).length, chosen.length, 0.1 + 0.1 / 1000);
  });

  it("are a sample's own, whatever it stands beside, and none for who asks a trained model", async () => {
    const whole = await collated(maskedLanguageModel, options, long);
    const alone = await collated(maskedLanguageModel, options, long.slice(0, 1));
    expect(listOf(alone.label)[0]).toEqual(listOf(whole.label)[0]);
    const asked = await collated(maskedLanguageModel, options, long, { loose: true });
    expect([...asked.tokens.data]).toEqual(long.flatMap((row) => [...row.tokens]));
    expect("label" in asked).toBe(false);
  });

  it("take mask, size and special tokens from the facts of the vocabulary", async () => {
    const facts = { vocabulary: { size: 6, mask: 4, padding: 0, special: [0, 1, 4, 5] } };
    const samples = [{ tokens: [1, 2, 3, 5, 2, 3] }];
    const all = { maskProbability: 1, maskShare: 1, randomShare: 0 };
    const batch = await collated(maskedLanguageModel, all, samples, { facts });
    expect(listOf(batch.tokens)).toEqual([[1, 4, 4, 5, 4, 4]]);
    await expect(collated(maskedLanguageModel, all, samples)).rejects.toMatchObject({
      faults: [{ code: "FACT_UNKNOWN" }, { code: "FACT_UNKNOWN" }],
    });
  });
});
