import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import builtin from "../builtin/index.js";
import { MillraceError } from "../errors.js";
import { columnsOption } from "../kit/columns/columns.js";
import { defineModel, defineSource, defineTrainer, defineTransform } from "../plugin/plugin.js";
import { Registry } from "../plugin/registry.js";
import { parseSpec } from "./parse.js";
import { parseOverride, parseSpecText, type Override } from "./read.js";
import type { Spec } from "./schema.js";

const model = defineModel({
  name: "layers",
  summary: "for these tests",
  options: z.strictObject({
    layers: z
      .array(z.looseObject({ type: z.string() }))
      .min(1)
      .describe("layers"),
  }),
  create: () => ({ engine: "none", build: () => undefined }),
});
const trainer = defineTrainer({
  name: "tfjs",
  summary: "for these tests",
  options: z.strictObject({ epochs: z.int().positive().default(1).describe("epochs") }),
  create: () => ({ fit: () => Promise.reject(new Error("not called")) }),
});
const resize = defineTransform({
  name: "resize",
  summary: "for these tests",
  options: z.strictObject({ width: z.int().positive().describe("width") }),
  create: () => (sample: unknown) => sample,
});

const table = defineSource({
  name: "table",
  summary: "for these tests",
  options: z.strictObject({ columns: columnsOption.describe("columns") }),
  create: () => ({ length: 0, get: () => undefined }),
});

const registry = new Registry();
for (const plugin of [...builtin, model, trainer, resize, table]) registry.add(plugin);

const good = `{
  // a comment
  "source": { "use": "generated", "with": { "problem": "blobs", "length": 10 } },
  "transforms": [
    { "use": "resize", "with": { "width": 8 }, "only": "train" },
  ],
  "model": { "use": "layers", "with": { "layers": [{ "type": "dense", "units": 3 }] } },
  "trainer": { "use": "tfjs" }
}`;

function parse(text: string, overrides: Override[] = []): Spec {
  return parseSpec(
    parseSpecText(text, "spec.json", pathToFileURL("/somewhere/spec.json"), overrides),
    registry,
  );
}

function faults(text: string, overrides: Override[] = []): readonly string[] {
  try {
    parse(text, overrides);
  } catch (error) {
    if (error instanceof MillraceError) return error.details;
    throw error;
  }
  return [];
}

describe("parseSpec", () => {
  it("fills in every default and accepts comments and trailing commas", () => {
    expect(parse(good)).toMatchObject({
      seed: 0,
      plugins: [],
      source: { use: "generated", with: { problem: "blobs", features: 2, classes: 3, noise: 0.1 } },
      loader: { batchSize: 1, shuffle: false, numWorkers: 0, collate: { use: "default", with: {} } },
      model: { with: { layers: [{ type: "dense", units: 3 }] } },
      trainer: { use: "tfjs", with: { epochs: 1 } },
    });
  });

  it("says of a column in short or long form what is wrong with it, and where", () => {
    const columns = `{ "use": "table", "with": { "columns": {
      "a": "flot32",
      "b": 3,
      "c": { "type": "text", "form": "x" },
      "d": { "type": "txt" },
      "e": { "type": "text", "missing": "droop" } } } }`;
    const text = good.replace(/\{ "use": "generated".*\}(?=,)/, columns);
    const kinds = "int32, float32, float64, bool, class, text, bytes, date, image, json";
    const type = `must be ${kinds} or a vector such as float32[3], with ? behind it where values may be missing`;
    expect(faults(text)).toEqual([
      `spec.json:4:12 source.with.columns.a: ${type}, was "flot32" (did you mean "float32"?)`,
      expect.stringMatching(/^spec.json:5:12 source.with.columns.b: must be a string or an object, was 3/),
      expect.stringMatching(/^spec.json:6:30 source.with.columns.c.form: is not an option here .*"from"/),
      `spec.json:7:22 source.with.columns.d.type: ${type}, was "txt" (did you mean "text"?)`,
      expect.stringMatching(
        /^spec.json:8:41 source.with.columns.e.missing: .*, was "droop" \(did you mean "drop"\?\)/,
      ),
    ]);
  });

  it("lists an unknown key, a wrong type and an unknown plugin in one report, with their positions", () => {
    const text = good
      .replace('"source":', '"sede": 3,\n  "source":')
      .replace('"width": 8', '"width": "wide"')
      .replace('"use": "layers"', '"use": "layer"');
    expect(faults(text)).toEqual([
      'spec.json:3:3 sede: is not an option here (did you mean "seed"?)',
      'spec.json:6:43 transforms[0].with.width: must be a number, was "wide"',
      'spec.json:8:21 model.use: no model is named "layer" (did you mean "layers"?); known: layers',
    ]);
  });

  it("suggests the plugin's own option, also inside a list", () => {
    expect(faults(good.replace('"width": 8', '"width": 8, "wdith": 9'))).toEqual([
      'spec.json:5:46 transforms[0].with.wdith: is not an option here (did you mean "width"?)',
    ]);
  });

  it("suggests what the plugin has inside of an option, by the kind that stands there", () => {
    const stepped = z.strictObject({ type: z.literal("step"), every: z.int() });
    const cosine = z.strictObject({
      type: z.literal("cosine"),
      warmUp: z.strictObject({ epochs: z.int() }).optional(),
    });
    const nested = defineTrainer({
      ...trainer,
      name: "nested",
      options: z.strictObject({
        schedules: z
          .array(z.discriminatedUnion("type", [stepped, cosine]))
          .default([])
          .describe("schedules"),
      }),
    });
    const own = new Registry();
    for (const plugin of [...builtin, model, nested, resize]) own.add(plugin);
    const found = (schedule: object): unknown => {
      const use = JSON.stringify({ use: "nested", with: { schedules: [schedule] } });
      const text = good.replace('{ "use": "tfjs" }', use);
      try {
        return parseSpec(parseSpecText(text, "spec.json", pathToFileURL("/somewhere/spec.json")), own);
      } catch (error) {
        return (error as MillraceError).details.map((line) => line.replace(/^\S+ /, ""));
      }
    };
    const place = "trainer.with.schedules[0]";
    expect(found({ type: "step", every: 1, evry: 2 })).toEqual([
      `${place}.evry: is not an option here (did you mean "every"?)`,
    ]);
    expect(found({ type: "cosine", evry: 2 })).toEqual([`${place}.evry: is not an option here`]);
    expect(found({ type: "cosine", warmUp: { epochs: 1, epoch: 2 } })).toEqual([
      `${place}.warmUp.epoch: is not an option here (did you mean "epochs"?)`,
    ]);
  });

  it("names the words of which one is required, and the kinds that know an option", () => {
    const adam = z.strictObject({
      type: z.literal("adam").optional().default("adam"),
      rate: z.number().default(1),
    });
    const momentum = z.strictObject({ type: z.literal("momentum"), share: z.number().default(0.9) });
    const rmsprop = z.strictObject({ type: z.literal("rmsprop"), share: z.number().default(0) });
    const nested = defineTrainer({
      ...trainer,
      name: "nested",
      options: z.strictObject({
        optimizer: z.discriminatedUnion("type", [adam, momentum, rmsprop]).prefault({}),
        schedule: z.discriminatedUnion("type", [momentum, rmsprop]).optional(),
      }),
    });
    const own = new Registry();
    for (const plugin of [...builtin, model, nested, resize]) own.add(plugin);
    const found = (options: object): unknown => {
      const use = JSON.stringify({ use: "nested", with: options });
      const text = good.replace('{ "use": "tfjs" }', use);
      try {
        return parseSpec(parseSpecText(text, "spec.json", pathToFileURL("/somewhere/spec.json")), own).trainer
          .with;
      } catch (error) {
        return (error as MillraceError).details.map((line) => line.replace(/^\S+ trainer\.with\./, ""));
      }
    };
    expect(found({ optimizer: { rate: 2 } })).toEqual({ optimizer: { type: "adam", rate: 2 } });
    expect(found({ schedule: { share: 0.5 } })).toEqual([
      "schedule.type: is required: one of momentum, rmsprop",
    ]);
    expect(found({ optimizer: { type: "adm" } })).toEqual([
      'optimizer.type: must be "adam" or "momentum" or "rmsprop", was "adm" (did you mean "adam"?)',
    ]);
    expect(found({ optimizer: { share: 0.5 } })).toEqual([
      'optimizer.share: is not an option here (but with type "momentum" or "rmsprop")',
    ]);
    expect(found({ optimizer: { type: "adam", rte: 0.5 } })).toEqual([
      'optimizer.rte: is not an option here (did you mean "rate"?)',
    ]);
  });

  it("says what is missing, at the object that lacks it", () => {
    expect(faults(good.replace('"length": 10', '"noise": 1'))).toEqual([
      "spec.json:3:43 source.with.length: is required, because only a stream may have no end",
    ]);
    expect(faults("{}")).toEqual([
      "spec.json:1:1 model: is required",
      "spec.json:1:1 trainer: is required",
      "spec.json:1:1 source: is required",
    ]);
  });

  it("states the rule and the value received", () => {
    const loader = (fields: string) => good.replace('"trainer":', `"loader": {${fields}},\n"trainer":`);
    expect(faults(loader('"batchSize": 0'))[0]).toMatch(/loader\.batchSize: must be more than 0, was 0$/);
    expect(faults(loader('"batchSize": 1.5'))[0]).toMatch(
      /loader\.batchSize: must be a whole number, was 1.5$/,
    );
    expect(faults(good.replace('"train"', '"training"'))[0]).toMatch(
      /transforms\[0\]\.only: must be "train" or "validation" or "test" or an array, was "training"$/,
    );
    expect(faults(good.replace('"train"', '["train", "testing"]'))[0]).toMatch(
      /transforms\[0\]\.only\[1\]: must be "train" or "validation" or "test", was "testing"$/,
    );
    expect(faults(good.replace('"train"', "[]"))[0]).toMatch(
      /transforms\[0\]\.only: must be at least 1 entries long/,
    );
  });

  it("refuses a validation source beside a validation share", () => {
    const both = good.replace(
      '"model":',
      '"split": { "train": 0.8, "validation": 0.2 }, "validationSource": { "use": "generated", "with": { "problem": "blobs", "length": 10 } },\n"model":',
    );
    expect(faults(both)[0]).toContain("validationSource and split.validation exclude each other");
  });

  it("names an override as the place of its fault", () => {
    expect(faults(good, [parseOverride("trainer.with.epochs=0")])).toEqual([
      "--set trainer.with.epochs trainer.with.epochs: must be more than 0, was 0",
    ]);
  });
});

describe("parseOverride", () => {
  it("takes JSON values, and anything else as a string", () => {
    expect(parseOverride("a.0.b=[1]")).toEqual({ path: ["a", "0", "b"], value: [1] });
    expect(parseOverride("device=wasm")).toEqual({ path: ["device"], value: "wasm" });
    expect(parseOverride("path=a=b")).toEqual({ path: ["path"], value: "a=b" });
    expect(() => parseOverride("epochs")).toThrow('--set needs path=value, was "epochs"');
  });

  it("reaches into lists and makes objects that are not there", () => {
    const spec = parse(good, [
      parseOverride("transforms.0.with.width=9"),
      parseOverride("loader.batchSize=4"),
    ]);
    expect(spec.transforms[0].with).toEqual({ width: 9 });
    expect(spec.loader.batchSize).toBe(4);
  });

  it("refuses to reach into a number, and never touches a prototype", () => {
    expect(() => parse(good.replace('"source"', '"seed": 1, "source"'), [parseOverride("seed.a=1")])).toThrow(
      "--set seed.a: seed is not an object or array",
    );
    expect(faults(good, [parseOverride("__proto__.polluted=1")])).not.toEqual([]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe("parseSpecText", () => {
  it("points at each syntax fault", () => {
    let thrown: unknown;
    try {
      parseSpecText('{\n  "seed": 1\n  "plugins": []\n}', "spec.json", pathToFileURL("/s.json"));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({
      code: "SPEC_SYNTAX",
      details: ["spec.json:3:3 a comma is missing before this"],
    });
  });

  it("calls an empty file empty", () => {
    expect(() => parseSpecText("", "spec.json", pathToFileURL("/s.json"))).toThrow(
      "spec.json is not valid JSON",
    );
  });
});
