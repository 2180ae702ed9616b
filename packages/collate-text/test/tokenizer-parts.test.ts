/** Parts that whole tokenizers seldom have, as Hugging Face's tokenizers take them: recorded by fixtures/record-parts.py. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { TransformContext } from "@millrace/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import tokenizerJson from "../src/transforms/tokenizer-json.js";
import { create, type Fields, thrownBy } from "./tokenize.js";

interface Recorded {
  readonly name: string;
  readonly tokenizer: { readonly model: object };
  readonly asText: readonly (readonly number[])[];
  readonly parsed: readonly (readonly number[])[];
}

const path = new URL("fixtures/tokenizers/parts.json", import.meta.url);
const { texts, recorded, places } = JSON.parse(await readFile(path, "utf8")) as {
  texts: string[];
  recorded: Recorded[];
  places: { readonly tokenizer: object; readonly offsets: readonly (readonly [number, number][])[] }[];
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-tokenizer-parts-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What asks for a text with that tokenizer. */
async function asking(tokenizer: object, more: object = {}) {
  await writeFile(join(folder, "tokenizer.json"), JSON.stringify(tokenizer));
  const options = { path: "tokenizer.json", addSpecialTokens: false, ...more };
  const baseUrl = new URL(`${pathToFileURL(folder).href}/`);
  const place = { baseUrl, seed: 1, facts: {}, fields: {} };
  const state = tokenizerJson.fit?.(tokenizerJson.options.parse(options), place)?.state();
  const forms = await create(tokenizerJson, options, state);
  return async (text: string): Promise<Fields> => forms.apply({ text }, {} as TransformContext);
}

/** What finds the ids of a text with that tokenizer. */
async function open(tokenizer: object, more: object = {}) {
  const ask = await asking(tokenizer, more);
  return async (text: string): Promise<number[]> => [...((await ask(text)).tokens as Int32Array)];
}

/** Where each character begins in UTF-16 units, and where the last ends. */
function unitsOf(text: string): number[] {
  const units = [0];
  for (const character of text) units.push((units.at(-1) ?? 0) + character.length);
  return units;
}

describe.each(recorded)("tokenizer-json: $name", ({ tokenizer, asText, parsed }) => {
  it.each([
    ["where names of special tokens are text", false, asText],
    ["where they are these tokens", true, parsed],
  ])("gives the ids of the original %s", async (_, parseSpecialTokens, expected) => {
    const ids = await open(tokenizer, { parseSpecialTokens });
    for (const [i, text] of texts.entries())
      expect({ text, ids: await ids(text) }).toEqual({ text, ids: expected[i] });
  });
});

describe("tokenizer-json", () => {
  const named = (name: string): Recorded["tokenizer"] =>
    recorded.find((each) => each.name === name)?.tokenizer as Recorded["tokenizer"];

  it("names a merge that no token stands for, and a pattern that JavaScript has not", async () => {
    const bpe = named("bpe, unknown ones fused");
    const merges = [["a", "x"]];
    const broken = { ...bpe, model: { ...bpe.model, merges } };
    expect(await thrownBy(() => open(broken))).toMatchObject({
      code: "FILE_FORMAT",
      message: 'tokenizer.json must have tokens for all of its merges, but has none for "ax"',
    });
    const pattern = { Regex: "(?<=a" };
    const split = { type: "Split", pattern, behavior: "Isolated", invert: false };
    expect(await thrownBy(() => open({ ...bpe, pre_tokenizer: split }))).toMatchObject({
      code: "FILE_FORMAT",
      message: expect.stringMatching(
        /^tokenizer\.json must have patterns that JavaScript knows, has \(\?<=a: /,
      ),
    });
  });

  it.each(places)("gives the places of tokens with or without the spaces around them: $#", async (of) => {
    const ask = await asking(of.tokenizer, { offsets: true });
    for (const [i, text] of texts.entries()) {
      const units = unitsOf(text);
      const expected = of.offsets[i].flatMap(([start, end]) => [units[start], units[end]]);
      const { data } = (await ask(text)).tokensOffsets as { data: Int32Array };
      expect({ text, offsets: [...data] }).toEqual({ text, offsets: expected });
    }
  });

  it("says that a table of replacements is cut off", async () => {
    const of = named("a table of replacements") as unknown as {
      normalizer: { precompiled_charsmap: string };
    };
    const cut = of.normalizer.precompiled_charsmap.slice(0, 40);
    const normalizer = { ...of.normalizer, precompiled_charsmap: cut };
    expect(await thrownBy(() => open({ ...of, normalizer }))).toMatchObject({
      code: "FILE_FORMAT",
      message: "tokenizer.json must have a whole `precompiled_charsmap`, but it is cut off",
    });
  });

  it("says that a file has no token for what is unknown", async () => {
    const { model, ...rest } = named("word-level");
    const ids = await open({ ...rest, model: { ...model, unk_token: "[NONE]" } });
    expect(await ids("cat , a")).toEqual([1, 3, 2]);
    expect(await thrownBy(() => ids("dog"))).toMatchObject({
      code: "TRANSFORM_INPUT",
      hint: "Set `unk_token` (or `unk_id`) of the file's model.",
    });
  });
});
