/** Token files made of real texts, and read with and without workers. */
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { DataLoader, type Dataset, decodeTokens, MillraceError, type Vocabulary } from "@millrace/core";
import { testSource } from "@millrace/core/testing";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cutBefore, pieceLength } from "../token-files/documents.js";
import { Windows } from "../token-files/windows.js";
import tokenFile, { type TokenWindow } from "./token-file.js";

let folder: string;
let baseUrl: URL;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-tokens-"));
  baseUrl = pathToFileURL(`${folder}/`);
  await writeFile(join(folder, "a.txt"), "one two three\nfour\n\nfive\n");
  await writeFile(join(folder, "b.txt"), "äöü 🙂");
  await mkdir(join(folder, "corpus", "deep"), { recursive: true });
  await writeFile(join(folder, "corpus", "2.txt"), "second");
  await writeFile(join(folder, "corpus", "deep", "1.txt"), "deep");
  await writeFile(join(folder, "corpus", "notes.md"), "no text");
  await writeFile(
    join(folder, "train.bin"),
    Buffer.from(Uint16Array.from({ length: 103 }, (_, i) => 60_000 + i).buffer),
  );
});
afterAll(() => rm(folder, { recursive: true }));

const said: string[] = [];
const logger = {
  debug: () => {},
  info: (_: object, text: string) => said.push(text),
  warn: () => {},
  error: () => {},
};

async function open(options: object, shared?: unknown): Promise<Dataset<TokenWindow>> {
  const checked = tokenFile.options.parse(options);
  return (await tokenFile.create(checked, {
    baseUrl,
    seed: 0,
    shared,
    logger,
  } as never)) as Dataset<TokenWindow>;
}

async function faultOf(options: object): Promise<MillraceError> {
  try {
    const dataset = await open(options);
    await dataset.get(0, { epoch: 0 });
  } catch (error) {
    if (error instanceof MillraceError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

const bytes = (more: object = {}) => ({
  use: "bytes",
  with: { vocabulary: { special: { padding: null, end: "</s>" }, ...more } },
});

async function windowsOf(dataset: Dataset<TokenWindow>): Promise<number[][]> {
  const all: number[][] = [];
  for (let i = 0; i < dataset.length; i++) all.push([...(await dataset.get(i, { epoch: 0 })).tokens]);
  return all;
}

const text = (ids: readonly number[]) =>
  Buffer.from(ids.filter((id) => id > 0).map((id) => id - 1)).toString("utf8");

testSource({
  plugin: tokenFile,
  options: { texts: "a.txt", tokenizer: bytes(), window: 5 },
  baseUrl: () => baseUrl,
  registers: [],
});
testSource({
  plugin: tokenFile,
  options: {
    texts: ["a.txt", "b.txt"],
    document: "line",
    tokenizer: bytes(),
    window: 4,
    documents: "within",
    remainder: "keep",
  },
  baseUrl: () => baseUrl,
  invalidOptions: [
    { name: "neither texts nor a path", options: { window: 3 }, message: /either `texts` or `path`/ },
    {
      name: "texts without a tokenizer",
      options: { texts: "a.txt", window: 3 },
      message: /need a tokenizer/,
    },
    {
      name: "a tokenizer that would have to be fitted",
      options: { texts: "a.txt", tokenizer: { use: "words" }, window: 3 },
      message: /State its tokens/,
    },
    {
      name: "options of a tokenizer that it does not know",
      options: { texts: "a.txt", tokenizer: { use: "bytes", with: { vocabulry: {} } }, window: 3 },
      message: /vocabulry/,
    },
    {
      name: "a window longer than the file",
      options: { texts: "b.txt", tokenizer: bytes(), window: 99 },
      message: /Make `window` smaller/,
    },
  ],
});

describe("a token file", () => {
  it("has the ids of every document in order, each with its end", async () => {
    const dataset = await open({
      texts: ["a.txt", "b.txt"],
      document: "line",
      tokenizer: bytes(),
      window: 1,
    });
    const ids = (await windowsOf(dataset)).flat();
    expect(ids.filter((id) => id === 0)).toHaveLength(4);
    expect(text(ids)).toBe("one two threefourfiveäöü 🙂");
  });

  it("takes paragraphs for documents, and folders for the texts in them", async () => {
    const paragraphs = await open({ texts: "a.txt", document: "paragraph", tokenizer: bytes(), window: 1 });
    const ids = (await windowsOf(paragraphs)).flat();
    expect(
      ids
        .join()
        .split(",0")
        .slice(0, -1)
        .map((part) => text(part.split(",").map(Number))),
    ).toEqual(["one two three\nfour", "five"]);
    const whole = await open({ texts: "corpus", tokenizer: bytes(), window: 1 });
    expect(text((await windowsOf(whole)).flat())).toBe("seconddeep");
  });

  it("is made once, and again where texts or tokenizer change", async () => {
    const kept = join(folder, "kept");
    const options = { texts: "corpus/2.txt", folder: "kept", tokenizer: bytes(), window: 2 };
    for (let i = 0; i < 3; i++) await (await open(options)).close?.();
    const [first, ...others] = await readdir(kept);
    expect(others).toEqual([]);
    const { mtimeMs } = await stat(join(kept, first));
    await open({ ...options, window: 3 });
    expect((await stat(join(kept, first))).mtimeMs).toBe(mtimeMs);
    await open({ ...options, tokenizer: bytes({ special: { padding: null } }) });
    await utimes(join(folder, "corpus", "2.txt"), 1, 1);
    await open(options);
    expect(await readdir(kept)).toHaveLength(3);
  });

  it("is a safetensors file of uint16 with its vocabulary", async () => {
    await open({ texts: "a.txt", folder: "format", tokenizer: bytes(), window: 2 });
    const [name] = await readdir(join(folder, "format"));
    const content = await readFile(join(folder, "format", name));
    const header = JSON.parse(
      content.subarray(8, 8 + Number(content.readBigUInt64LE())).toString(),
    ) as Record<string, { dtype: string }>;
    expect(header.ids).toMatchObject({ dtype: "U16", shape: [26] });
    const { vocabulary } = (await open({ path: `format/${name}`, window: 2 })).facts as {
      vocabulary: Vocabulary;
    };
    expect(vocabulary).toMatchObject({ size: 257, end: 0, decoder: "byteLevel" });
  });

  it("reads plain ids of another program", async () => {
    const dataset = await open({ path: "train.bin", dtype: "uint16", window: 10, stride: 20 });
    expect((await windowsOf(dataset)).map(([first]) => first)).toEqual([
      60_000, 60_020, 60_040, 60_060, 60_080,
    ]);
    expect(dataset.key?.(1)).toContain("train.bin: ids 20–29");
    expect(said.at(-1)).toBe("53 of 103 token ids are in no window: they are no whole one");
  });

  it("gives batches that are its windows", async () => {
    const shared = (await open({ path: "train.bin", dtype: "uint16", window: 7, stride: 3 })).share?.();
    const dataset = await open({ path: "train.bin", dtype: "uint16", window: 7, stride: 3 }, shared);
    const loader = new DataLoader(dataset, { batchSize: 4 });
    const rows: number[] = [];
    for await (const { data, release } of loader.batches(0)) {
      rows.push(...(data as unknown as { tokens: { data: Int32Array } }).tokens.data);
      release();
    }
    expect(rows).toEqual((await windowsOf(dataset)).flat());
  });

  it("names the documents of windows, so that splits keep them whole, and their lengths", async () => {
    const dataset = await open({
      texts: "a.txt",
      document: "line",
      tokenizer: bytes(),
      window: 6,
      documents: "within",
      remainder: "keep",
    });
    expect(await dataset.column?.("document")).toEqual(Float64Array.of(0, 0, 0, 1, 2));
    expect(await dataset.column?.("length")).toEqual(Float64Array.of(6, 6, 2, 5, 5));
  });

  it("has the tokens of the whole text, however long a document is", async () => {
    const long = Array.from({ length: 120_000 }, (_, i) => `word${i}`).join(" ");
    expect(long.length).toBeGreaterThan(2 * pieceLength);
    await writeFile(join(folder, "long.txt"), long);
    const dataset = await open({ texts: "long.txt", tokenizer: bytes(), window: long.length + 1 });
    expect(text([...(await dataset.get(0, { epoch: 0 })).tokens])).toBe(long);
  });

  it("takes the tokenizer of a pretrained model, and is made again where that is another", async () => {
    const fixtures = join(import.meta.dirname, "..", "..", "test", "fixtures", "tokenizers");
    const take = async (name: string) => {
      const { tokenizer } = JSON.parse(await readFile(join(fixtures, `${name}.json`), "utf8")) as {
        tokenizer: object;
      };
      await writeFile(join(folder, "tokenizer.json"), JSON.stringify(tokenizer));
    };
    await take("byte-level");
    const options = {
      texts: "long-words.txt",
      folder: "pretrained",
      tokenizer: { use: "tokenizer-json", with: { path: "tokenizer.json" } },
      window: 512,
      remainder: "keep",
    };
    const long = `${"these words are joined by spaces alone ".repeat(14_000)}end`;
    await writeFile(join(folder, "long-words.txt"), long);
    const dataset = await open(options);
    const vocabulary = dataset.facts?.vocabulary as Vocabulary;
    const ids = (await windowsOf(dataset)).flat();
    expect(decodeTokens(vocabulary, ids)).toBe(long);
    expect(ids.length).toBeLessThan(long.length);
    await take("word-piece");
    await open(options);
    expect(await readdir(join(folder, "pretrained"))).toHaveLength(2);
  });

  it("names what is no UTF-8, cut off, of another form, or not there", async () => {
    await writeFile(join(folder, "latin1.txt"), Buffer.from("na\xefve", "latin1"));
    expect(await faultOf({ texts: "latin1.txt", tokenizer: bytes(), window: 2 })).toMatchObject({
      code: "FILE_FORMAT",
      message: expect.stringMatching(/latin1\.txt must be UTF-8, is not at byte 2$/) as string,
    });
    expect(await readdir(join(folder, ".millrace", "tokens"))).not.toContainEqual(
      expect.stringContaining(String(process.pid)),
    );
    await open({ texts: "a.txt", folder: "cut", tokenizer: bytes(), window: 2 });
    const [name] = await readdir(join(folder, "cut"));
    const whole = await readFile(join(folder, "cut", name));
    for (const size of [0, 5, 60, whole.length - 1]) {
      await truncate(join(folder, "cut", name), size);
      expect((await faultOf({ path: `cut/${name}`, window: 2 })).code).toBe("FILE_FORMAT");
      await writeFile(join(folder, "cut", name), whole);
    }
    await appendFile(join(folder, "cut", name), "x");
    expect((await faultOf({ path: `cut/${name}`, window: 2 })).code).toBe("FILE_FORMAT");
    expect((await faultOf({ path: "train.bin", window: 2 })).code).toBe("FILE_FORMAT");
    expect((await faultOf({ path: "b.txt", dtype: "uint16", window: 2 })).message).toContain(
      "must have a multiple of 2 bytes",
    );
    expect((await faultOf({ path: "none.bin", dtype: "uint16", window: 2 })).code).toBe("FILE_NOT_FOUND");
    await writeFile(join(folder, "empty.txt"), "");
    expect((await faultOf({ texts: "empty.txt", tokenizer: bytes(), window: 2 })).message).toContain(
      "must have a token at least",
    );
  });

  it("says how a text of a person's own becomes ids, to be continued", async () => {
    const checked = tokenFile.options.parse({ texts: "a.txt", tokenizer: bytes(), window: 2 });
    const inputs = await tokenFile.inputs?.(checked, { baseUrl, seed: 0, facts: {} });
    expect(inputs?.fromValues?.({ text: "hi" }, ".")).toEqual({ tokens: Int32Array.of(105, 106) });
  });
});

it("windows cover each id once where they do not overlap and nothing is dropped, in any documents", () => {
  const cases = fc.record({
    lengths: fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 8 }),
    window: fc.integer({ min: 1, max: 9 }),
    documents: fc.constantFrom("across" as const, "within" as const),
  });
  fc.assert(
    fc.property(cases, ({ lengths, window, documents }) => {
      let sum = 0;
      const ends = Float64Array.from(lengths, (length) => (sum += length));
      const windows = new Windows(ends, { window, stride: window, documents, remainder: "keep" });
      const seen = Array.from({ length: windows.length }, (_, i) => windows.at(i));
      const ids = seen.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, i) => start + i));
      expect(ids).toEqual(Array.from({ length: sum }, (_, i) => i));
      const dropping = new Windows(ends, { window, stride: window, documents, remainder: "drop" });
      expect(dropping.length * window + dropping.left).toBe(sum);
      if (documents === "across") return;
      for (const [i, { start, end }] of seen.entries()) {
        const document = windows.documentOf(i);
        expect(end).toBeLessThanOrEqual(ends[document]);
        expect(start).toBeGreaterThanOrEqual(document === 0 ? 0 : ends[document - 1]);
      }
    }),
  );
});

it("long texts are cut before a space behind a letter or digit, else between characters", () => {
  expect(cutBefore("one two  three", 9)).toBe(7);
  expect(cutBefore("xx🙂🙂🙂🙂", 5)).toBe(4);
});
