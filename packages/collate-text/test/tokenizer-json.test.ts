/** Every id that Hugging Face's tokenizers gave, recorded by fixtures/record-tokenizers.py. */
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { decodeTokens, type MillraceError, type TransformContext, type Vocabulary } from "@millrace/core";
import { testTransform } from "@millrace/core/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import tokenizerJson from "../src/transforms/tokenizer-json.js";
import { lines } from "./lines.js";
import { create, factsOf, type Fields, thrownBy } from "./tokenize.js";

interface Recorded {
  readonly tokenizer: { readonly model: Record<string, unknown> };
  readonly hard: readonly string[];
  readonly single: readonly number[];
  readonly pair: { readonly ids: readonly number[]; readonly typeIds: readonly number[] };
  readonly offsets: readonly (readonly [number, number])[];
  readonly decoded: string;
  readonly digests: readonly string[];
  readonly special: readonly number[];
}

const corpus = lines(10_000);
let folder: string;
let hard: readonly string[];

async function recorded<T = Recorded>(name: string): Promise<T> {
  const path = new URL(`fixtures/tokenizers/${name}.json`, import.meta.url);
  return JSON.parse(await readFile(path, "utf8")) as T;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-tokenizers-"));
  const page = await recorded<{ digest: string; lines: string[] }>("hard");
  // The lines are those that were recorded.
  expect(sha256(corpus.join("\n"))).toBe(page.digest);
  hard = page.lines;
  for (const name of names) {
    await writeFile(join(folder, `${name}.json`), JSON.stringify((await recorded(name)).tokenizer));
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const names = ["byte-level", "byte-level-split", "bpe", "bpe-fallback", "word-piece", "unigram"];
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The transform with a file of the folder. */
async function open(path: string, more: object = {}) {
  const options = { path, ...more };
  const baseUrl = new URL(`${pathToFileURL(folder).href}/`);
  const place = { baseUrl, seed: 1, facts: {}, fields: {} };
  const state = tokenizerJson.fit?.(tokenizerJson.options.parse(options), place)?.state();
  const forms = await create(tokenizerJson, options, state);
  const vocabulary = factsOf(tokenizerJson, options, state).vocabulary as Vocabulary;
  const ask = async (sample: Fields): Promise<Fields> => forms.apply(sample, {} as TransformContext);
  const ids = async (text: string): Promise<number[]> => [...((await ask({ text })).tokens as Int32Array)];
  return { vocabulary, ask, ids, forms };
}

/** "7x3 1" is 7 7 7 1. */
function spread(runs: string): number[] {
  if (runs === "") return [];
  return runs.split(" ").flatMap((run) => {
    const [id, count = 1] = run.split("x").map(Number);
    return new Array<number>(count).fill(id);
  });
}

describe.each(names)("tokenizer-json with %s", (name) => {
  it("gives the ids of Hugging Face's tokenizers for 10,000 lines", async () => {
    const { digests } = await recorded(name);
    const { forms } = await open(`${name}.json`, { addSpecialTokens: false });
    for (const [i, digest] of digests.entries()) {
      const texts = corpus.slice(100 * i, 100 * i + 100);
      const made = (await forms.applyMany?.(
        texts.map((text) => ({ text })),
        {} as never,
      )) as { tokens: Int32Array }[];
      const text = made.map(({ tokens }) => tokens.join(" ")).join("\n");
      expect(`${i} ${sha256(text).slice(0, 12)}`).toBe(`${i} ${digest}`);
    }
  });

  it("gives them for hard texts, and where texts name special tokens", async () => {
    const of = await recorded(name);
    const { ids } = await open(`${name}.json`, { addSpecialTokens: false });
    for (const [i, text] of hard.entries())
      expect({ text, ids: await ids(text) }).toEqual({ text, ids: spread(of.hard[i]) });
    const parsing = await open(`${name}.json`, { addSpecialTokens: false, parseSpecialTokens: true });
    const text = hard.find((each) => each.startsWith("<s> </s>")) ?? "";
    expect(await parsing.ids(text)).toEqual(of.special);
  });

  it("puts special tokens around a text, and between two", async () => {
    const of = await recorded(name);
    const { ids } = await open(`${name}.json`);
    expect(await ids(corpus[3])).toEqual(of.single);
    const { ask } = await open(`${name}.json`, { pair: "second", typeIds: true });
    const made = await ask({ text: corpus[3], second: corpus[4] });
    expect([...(made.tokens as Int32Array)]).toEqual(of.pair.ids);
    expect([...(made.tokensTypeIds as Int32Array)]).toEqual(of.pair.typeIds);
  });
});

describe("tokenizer-json", () => {
  it("tells of size, names and special tokens, and decodes", async () => {
    const { vocabulary } = await open("word-piece.json");
    expect(vocabulary).toMatchObject({
      size: 800,
      padding: 0,
      unknown: 1,
      begin: 2,
      end: 3,
      separator: 3,
      mask: 4,
      decoder: "wordPiece",
      special: [0, 1, 2, 3, 4],
    });
    expect(vocabulary.tokens).toHaveLength(800);
    const named = await open("byte-level.json", { special: { padding: "<|endoftext|>" } });
    expect(named.vocabulary).toMatchObject({ size: 1000, padding: 0, end: 0, decoder: "byteLevel" });
    for (const name of ["byte-level", "byte-level-split", "bpe-fallback", "unigram"]) {
      const { ids, vocabulary: own } = await open(`${name}.json`, { addSpecialTokens: false });
      expect(decodeTokens(own, await ids(corpus[5]))).toBe((await recorded(name)).decoded);
    }
  });

  it("gives the offsets of byte-level tokens, in UTF-16 units", async () => {
    const { offsets } = await recorded("byte-level");
    const { ask } = await open("byte-level.json", { offsets: true });
    const units = Array.from(corpus[3]).reduce(
      (ends, character) => [...ends, (ends.at(-1) ?? 0) + character.length],
      [0],
    );
    const { data } = (await ask({ text: corpus[3] })).tokensOffsets as { data: Int32Array };
    expect([...data]).toEqual(offsets.flatMap(([start, end]) => [units[start], units[end]]));
    const emoji = (await ask({ text: "a👍" })).tokensOffsets as { data: Int32Array };
    expect(Array.from(emoji.data.subarray(-2))).toEqual([1, 3]);
    expect(await thrownBy(() => open("unigram.json", { offsets: true }))).toMatchObject({
      code: "OPTION_INVALID",
    });
  });

  it.each(names)("takes long words of equal letters: %s", async (name) => {
    const { ids, vocabulary } = await open(`${name}.json`);
    for (const letter of ["a", "ab", "!", " "]) {
      const found = await ids(letter.repeat(100_000));
      expect(found.every((id) => id < vocabulary.size)).toBe(true);
    }
  });

  it("takes a word of a million letters, and a line of megabytes", async () => {
    const { ids, vocabulary } = await open("byte-level.json");
    for (const text of ["a".repeat(1_000_000), "word 日本 ".repeat(300_000)])
      expect(decodeTokens(vocabulary, await ids(text)) === text).toBe(true);
  });

  it.each([
    ["that is cut off", (text: string) => text.slice(0, 1000), /must be JSON, and ends before it should/],
    [
      "of another model",
      (text: string) => text.replace('"type":"BPE"', '"type":"BPF"'),
      /was "BPF" \(did you mean "BPE"\?\)/,
    ],
    ["without a model", () => "{}", /with a `model`, but has none/],
    [
      "without merges",
      (text: string) => text.replace('"merges"', '"others"'),
      /must have a list of `merges`/,
    ],
    [
      "with ids that are none",
      (text: string) => text.replace(/"a":\d+/, '"a":-1'),
      /`vocab` of tokens with their ids/,
    ],
    [
      "with a part that is unknown",
      (text: string) => text.replaceAll('"ByteLevel"', '"BiteLevel"'),
      /pre-tokenizer that is known, was "BiteLevel"/,
    ],
  ])("refuses a file %s", async (_, change, message) => {
    await writeFile(
      join(folder, "bad.json"),
      change(JSON.stringify((await recorded("byte-level")).tokenizer)),
    );
    const fault = (await thrownBy(() => open("bad.json"))) as MillraceError;
    expect(fault).toMatchObject({ code: "FILE_FORMAT", path: ["path"] });
    expect(fault.message).toMatch(message);
    expect(fault.message).toMatch(/^bad\.json /);
  });

  it("says which file is not there, and which special token", async () => {
    expect(await thrownBy(() => open("none.json"))).toMatchObject({ code: "FILE_NOT_FOUND" });
    expect(await thrownBy(() => open("byte-level.json", { special: { mask: "[MSK]" } }))).toMatchObject({
      code: "OPTION_INVALID",
      path: ["special", "mask"],
    });
  });
});

testTransform({
  plugin: tokenizerJson,
  options: () => ({ path: join(folder, "word-piece.json"), maxLength: 8, typeIds: true }),
  sample: () => ({ text: corpus[0], label: 1 }),
  training: () => [{ text: "", label: 0 }],
  fields: { text: { type: "text" } },
  invalidOptions: [
    { name: "no file", options: {}, message: /path/ },
    {
      name: "a maximum that leaves no room",
      options: () => ({ path: join(folder, "word-piece.json"), maxLength: 1 }),
      message: /room for 2 special tokens, was 1/,
    },
  ],
  wrongSamples: { "no text": { text: null }, "a number": { text: 1 } },
});
