import { afterEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import builtin from "../builtin/index.js";
import { MillraceError } from "../errors.js";
import { defineModel, defineSource, defineTrainer } from "../plugin/plugin.js";
import { Registry } from "../plugin/registry.js";
import { type ParsedSpec, parseKept } from "./parse.js";
import { parseOverride, parseSpecText } from "./read.js";
import type { ReferenceOptions } from "./references.js";

const opened: unknown[] = [];
const registry = new Registry();
for (const plugin of builtin) registry.add(plugin);
registry.add(
  defineSource({
    name: "place",
    summary: "for these tests",
    options: z.strictObject({ root: z.string().min(1), token: z.string().optional() }),
    create: (options) => {
      opened.push(options);
      return { length: 1, get: () => ({}) };
    },
  }),
);
registry.add(
  defineModel({
    name: "none",
    summary: "none",
    options: z.strictObject({}),
    create: () => ({ engine: "none", build: () => undefined }),
  }),
);
registry.add(
  defineTrainer({
    name: "none",
    summary: "none",
    options: z.strictObject({
      device: z.enum(["wasm", "cpu"]).default("cpu"),
      epochs: z.int().positive().default(1),
      rate: z.union([z.number(), z.literal("auto")]).optional(),
    }),
    create: () => ({ fit: () => Promise.reject(new Error("not called")) }),
  }),
);

function parse(parts: object, options?: ReferenceOptions): ParsedSpec {
  const spec = {
    source: { use: "place", with: { root: "." } },
    model: { use: "none" },
    trainer: { use: "none" },
    ...parts,
  };
  return parseKept(
    parseSpecText(JSON.stringify(spec, null, 1), "spec.json", new URL("file:///spec.json")),
    registry,
    options,
  );
}

function faults(parts: object, options?: ReferenceOptions): readonly string[] {
  try {
    parse(parts, options);
  } catch (error) {
    if (error instanceof MillraceError) return error.details;
    throw error;
  }
  return [];
}

const environment = {
  ROOT: "/data/somewhere",
  SECRET: "hush-hush",
  DEVICE: "wasm",
  EPOCHS: "7",
  RATE: "0.5",
  EMPTY: "",
  WORDY: "many",
};

describe("a string that refers to the environment", () => {
  afterEach(() => vi.unstubAllEnvs());

  it("stays what it is in a plugin's options, and is put in where the plugin is made", async () => {
    const source = {
      use: "place",
      with: { root: "${env:ROOT}/digits", token: "a${env:SECRET}b$${env:SECRET}" },
    };
    const { spec, kept } = parse({ source }, { environment });
    expect(spec.source).toEqual(source);
    expect(kept.source).toEqual(source);
    vi.stubEnv("ROOT", environment.ROOT);
    vi.stubEnv("SECRET", environment.SECRET);
    await registry.create("source", "place", spec.source?.with, { baseUrl: new URL("file:///"), seed: 0 });
    expect(opened.at(-1)).toEqual({ root: "/data/somewhere/digits", token: "ahush-hushb${env:SECRET}" });
  });

  it("becomes a word, a number or what stands outside of options when the spec is checked, and is kept as it is", () => {
    const parts = {
      seed: "${env:SEED:-11}",
      exclude: "${env:ROOT}/bad.jsonl",
      loader: {
        batchSize: "${env:BATCH:-4}",
        numWorkers: "${env:WORKERS:-auto}",
        shuffle: "${env:SHUFFLE:-true}",
      },
      trainer: {
        use: "${env:TRAINER:-none}",
        with: { device: "${env:DEVICE}", epochs: "${env:EPOCHS}", rate: "${env:RATE}" },
      },
    };
    const { spec, kept } = parse(parts, { environment });
    expect(spec).toMatchObject({
      seed: 11,
      exclude: "/data/somewhere/bad.jsonl",
      loader: { batchSize: 4, numWorkers: "auto", shuffle: true },
      trainer: { use: "none", with: { device: "wasm", epochs: 7, rate: 0.5 } },
    });
    expect(kept).toMatchObject(parts);
  });

  it("takes the default where the variable is not set or empty", () => {
    expect(parse({ exclude: "${env:NOWHERE:-a/b-c}" }, { environment }).spec.exclude).toBe("a/b-c");
    expect(parse({ exclude: "x${env:EMPTY:-}" }, { environment }).spec.exclude).toBe("x");
  });

  it("is a fault with its place where the variable is not set, all of them at once", () => {
    const parts = {
      exclude: "${env:NOWHERE}",
      source: { use: "place", with: { root: "${env:EMPTY}/${env:GONE}" } },
    };
    expect(faults(parts, { environment })).toEqual([
      expect.stringMatching(
        /^spec\.json:5:12 source\.with\.root: the variable EMPTY of the environment must be set, was not\. Set it/,
      ),
      expect.stringMatching(/^spec\.json:5:12 source\.with\.root: the variable GONE /),
      expect.stringMatching(/^spec\.json:14:13 exclude: the variable NOWHERE /),
    ]);
    // After training the data need not be there.
    expect(faults(parts, { environment, later: true })).toEqual([]);
    expect(
      faults({ trainer: { use: "none", with: { epochs: "${env:GONE}" } } }, { environment, later: true }),
    ).toEqual([expect.stringContaining("trainer.with.epochs: the variable GONE")]);
  });

  it("is named instead of its value where the schema refuses that", () => {
    const trainer = { use: "none", with: { device: "${env:SECRET}", epochs: "${env:WORDY}" } };
    const found = faults({ trainer }, { environment });
    expect(found).toEqual([
      expect.stringMatching(
        /trainer\.with\.device: must be "wasm" or "cpu", was what \$\{env:SECRET\} stands for$/,
      ),
      expect.stringMatching(/trainer\.with\.epochs: must be a number, was what \$\{env:WORDY\} stands for$/),
    ]);
    expect(found.join()).not.toMatch(/hush|many/);
  });

  it("is a fault where it is no reference", () => {
    for (const text of ["${env:}", "${env:A", "${env:9A}", "${env:A-b}"])
      expect(faults({ exclude: text }, { environment })[0]).toContain(
        "exclude: must refer to the environment as `${env:NAME}`",
      );
    expect(faults({ exclude: "${env:A:-${env:B}}" }, { environment })[0]).toContain(
      "exclude: must have no reference to the environment in the default of another",
    );
    expect(parse({ exclude: "$${env:}" }, { environment }).spec.exclude).toBe("${env:}");
  });

  it("may come from --set", () => {
    const text = parseSpecText("{}", "spec.json", new URL("file:///spec.json"), [
      parseOverride("exclude=${env:ROOT}"),
    ]);
    expect(text.references).toEqual([
      { path: ["exclude"], text: "${env:ROOT}", at: { words: "--set exclude" } },
    ]);
  });
});
