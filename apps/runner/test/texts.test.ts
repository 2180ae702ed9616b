/** A language model from the spec to the text it continues, and a classifier of texts that are typed. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { newFolder } from "./support/cli.js";
import { millraceHere as millrace } from "./support/host.js";

let home: string;

const layers = (units: object) => [
  { type: "embedding", inputDim: { from: "vocabulary.size" }, outputDim: 8 },
  { type: "gru", units: 24, returnSequences: true },
  { type: "dense", ...units },
];

/** Words that go round: after a comes b, after b c, after c a, six letters in all. */
const rounds = ["abcabc", "bcabca", "cabcab"];

const languageModel = {
  seed: 1,
  plugins: ["@millrace/collate-text"],
  source: {
    use: "memory",
    with: { samples: Array.from({ length: 60 }, (_, i) => ({ text: rounds[i % 3] })) },
  },
  transforms: [{ use: "characters", with: { vocabulary: { special: { begin: "<s>", end: "</s>" } } } }],
  loader: { batchSize: 6, shuffle: true, collate: { use: "language-model" } },
  model: { use: "layers", with: { layers: layers({ units: { from: "vocabulary.size" } }) } },
  trainer: {
    use: "tfjs",
    with: {
      device: "wasm",
      epochs: 12,
      input: "tokens",
      loss: "sparseCategoricalCrossentropy",
      optimizer: { type: "adam", learningRate: 0.03 },
    },
  },
};

const samples = Array.from({ length: 40 }, (_, i) => ({
  text: i % 2 ? "good fine good" : "bad awful bad",
  label: i % 2 ? "yes" : "no",
}));
const classifier = {
  ...languageModel,
  source: { use: "memory", with: { samples } },
  transforms: [{ use: "words" }],
  loader: { batchSize: 8, shuffle: true, collate: { use: "pad-sequence" } },
  model: {
    use: "layers",
    with: {
      layers: [
        { type: "embedding", inputDim: { from: "vocabulary.size" }, outputDim: 4 },
        { type: "globalAveragePooling1d" },
        { type: "dense", units: { from: "labels.count" } },
      ],
    },
  },
  trainer: { use: "tfjs", with: { ...languageModel.trainer.with, epochs: 6 } },
};

const ran = async (name: string, spec: object) => {
  await writeFile(join(home, `${name}.json`), JSON.stringify(spec));
  const { code, stderr, stdout } = await millrace(["run", `${name}.json`, "--out", name], home);
  if (code !== 0) throw new Error(stderr + stdout);
};

beforeAll(async () => {
  home = await newFolder();
  await ran("rounds", languageModel);
  await ran("words", classifier);
}, 120_000);

const predict = (...words: string[]) => millrace(["predict", ...words], home);

describe("predict of a language model", () => {
  it("continues a text until the model ends it, or there are enough tokens", async () => {
    const { code, stdout } = await predict("rounds", "--text", "ca", "--temperature", "0");
    expect(code).toBe(0);
    expect(stdout).toBe("cabcab\n");
    expect(
      (await predict("rounds", "-t", "a", "-t", "bc", "--temperature", "0", "--max-tokens", "3")).stdout,
    ).toBe("abca\nbcabc\n");
  });

  it("goes on beyond the positions that the model knows, by the last tokens that it can see, also where it has more units than tokens", async () => {
    const [embedding, , dense] = layers({ units: 24 });
    const known = [embedding, { type: "positionEmbedding", maxLength: 8 }, dense];
    await ran("positions", {
      ...languageModel,
      model: { use: "layers", with: { layers: known } },
      trainer: { use: "tfjs", with: { ...languageModel.trainer.with, epochs: 1 } },
    });
    const { code, stdout } = await predict(
      "positions",
      "--text",
      "abcabc",
      "--max-tokens",
      "30",
      "--top-k",
      "3",
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^abcabc[abc]*\n$/);
  });

  it("draws the same for the same seed, and as a rule something else for another", async () => {
    const drawn = async (seed: number, ...more: string[]) =>
      (
        await predict(
          "rounds",
          "--text",
          "",
          "--temperature",
          "5",
          "--max-tokens",
          "40",
          "--seed",
          `${seed}`,
          ...more,
        )
      ).stdout;
    const first = await drawn(1);
    expect(await drawn(1)).toBe(first);
    const others = new Set([first, await drawn(2), await drawn(3)]);
    expect(others.size).toBeGreaterThan(1);
    expect(await drawn(4, "--top-k", "1")).toBe(await drawn(5, "--top-k", "1"));
  });

  it("writes rows, and names an input that cannot be continued while the rest goes on", async () => {
    await writeFile(join(home, "in.jsonl"), '{"text":"ab"}\n{"text":5}\n');
    const out = ["--temperature", "0", "--out", "out.jsonl"];
    const { code, stderr } = await predict("rounds", "in.jsonl", "--text", "b", ...out);
    expect(code).toBe(1);
    expect(stderr).toMatch(/in\.jsonl:2.*"text" (?:is|must)/);
    const rows = (await readFile(join(home, "out.jsonl"), "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as object);
    expect(rows).toEqual([
      { input: "text 1", continuation: "cabca" },
      { input: "in.jsonl:1", continuation: "cabc" },
    ]);
  });

  it("refuses numbers that are none of its options", async () => {
    for (const [flag, value] of [
      ["--temperature", "-1"],
      ["--top-p", "2"],
      ["--top-k", "0"],
      ["--seed", "x"],
    ])
      expect((await predict("rounds", "--text", "a", flag, value)).code).not.toBe(0);
    expect((await predict("rounds")).stderr).toContain("predict needs an input or a --text");
  });
});

describe("predict of a run on texts", () => {
  it("judges a text that is typed", async () => {
    const { code, stdout } = await predict(
      "words",
      "--text",
      "awful",
      "--text",
      "good and fine",
      "--format",
      "jsonl",
    );
    expect(code).toBe(0);
    const labels = stdout
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { label: string }).label);
    expect(labels).toEqual(["no", "yes"]);
  });

  it("says of a line without the text what samples had", async () => {
    const rows = samples.map(({ text, label }) => `${text},${label}`);
    await writeFile(join(home, "rows.csv"), rows.join("\n"));
    const columns = { text: { type: "text", from: "0" }, label: { type: "class", from: "1" } };
    const trainer = { use: "tfjs", with: { ...classifier.trainer.with, epochs: 1 } };
    await ran("lines", {
      ...classifier,
      source: { use: "csv", with: { path: "rows.csv", header: false, columns } },
      trainer,
    });
    await writeFile(join(home, "other.jsonl"), '{"txt":"good"}\n');
    const { code, stderr } = await predict("lines", "other.jsonl");
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /other\.jsonl:1: the model reads the field "tokens", but there is .*\. It was trained on samples with "text"\./,
    );
  });

  it("says that drawing is for language models", async () => {
    const { code, stderr } = await predict("words", "--text", "good", "--top-k", "3");
    expect(code).not.toBe(0);
    expect(stderr).toContain("--top-k is for a run of a language model, which this is not");
  });
});

describe("a language model on a token file", () => {
  it("has the same weights with 0 and 2 workers, and continues a text by the file's tokenizer", async () => {
    await writeFile(join(home, "corpus.txt"), "abc ".repeat(300));
    const bytes = { use: "bytes", with: { vocabulary: { special: { padding: null, end: "</s>" } } } };
    const weights = async (name: string, numWorkers: number) => {
      await ran(name, {
        ...languageModel,
        source: {
          use: "token-file",
          with: { texts: "corpus.txt", tokenizer: bytes, window: 17, stride: 16 },
        },
        transforms: [],
        loader: { ...languageModel.loader, numWorkers },
        trainer: { use: "tfjs", with: { ...languageModel.trainer.with, epochs: 4 } },
      });
      return readFile(join(home, name, "model", "weights.bin"));
    };
    expect((await weights("threads", 2)).equals(await weights("alone", 0))).toBe(true);
    const asked = ["--text", "ab", "--temperature", "0", "--max-tokens", "7"];
    expect((await predict("alone", ...asked)).stdout).toBe("abc abc a\n");
  }, 120_000);
});
