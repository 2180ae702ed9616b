import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import builtin from "../builtin/index.js";
import { MillraceError } from "../errors.js";
import { defineModel, defineTrainer } from "../plugin/plugin.js";
import { Registry } from "../plugin/registry.js";
import { parseSpec } from "./parse.js";
import { parseSpecText, readSpec } from "./read.js";

const text = '{\n  "seed": 7,\n  "name": "Größe 日本"\n}';
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-text-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(bytes: Uint8Array): Promise<unknown> {
  const path = join(folder, "spec.json");
  await writeFile(path, bytes);
  return (await readSpec(path)).value;
}

function faultOf(text: string, name = "spec.json"): MillraceError {
  try {
    parseSpecText(text, name, new URL("file:///spec.json"));
  } catch (error) {
    if (error instanceof MillraceError) return error;
  }
  throw new Error("the text must be refused");
}

describe("the text of a spec", () => {
  const utf16 = Buffer.from(text, "utf16le");
  const swapped = Buffer.from(utf16).swap16();
  it.each([
    ["UTF-8", Buffer.from(text)],
    ["UTF-8 with a byte order mark", Buffer.from(`\uFEFF${text}`)],
    ["UTF-16 with a byte order mark", Buffer.concat([Buffer.of(0xff, 0xfe), utf16])],
    ["big-endian UTF-16 with a byte order mark", Buffer.concat([Buffer.of(0xfe, 0xff), swapped])],
    ["UTF-16 without one", utf16],
    ["big-endian UTF-16 without one", swapped],
  ])("may be %s", async (_name, bytes) => {
    expect(await read(bytes)).toEqual(JSON.parse(text));
  });

  it("is refused in any other encoding, by name and at the first byte that is none", async () => {
    const latin = read(Buffer.from('{\n "name": "Größe" }', "latin1"));
    await expect(latin).rejects.toMatchObject({
      code: "SPEC_SYNTAX",
      details: [expect.stringMatching(/spec\.json:2:13 this is no character in UTF-8$/)],
    });
    await expect(read(Buffer.of(0xff, 0xfe, 0, 0, 0x7b, 0, 0, 0))).rejects.toMatchObject({
      details: [expect.stringMatching(/the file is UTF-32$/)],
    });
  });

  it("is called empty where it has no value", () => {
    for (const empty of ["", " \n", "\uFEFF"])
      expect(faultOf(empty).details).toEqual(["spec.json:1:1 the file is empty"]);
    expect(faultOf("// soon\n").details).toEqual(["spec.json:1:1 the file has nothing but comments"]);
  });

  it("is called YAML where it is but its name does not say so, and where it begins", () => {
    for (const yaml of ["# run\nseed: 7\nsource:\n  use: generated\n", "---\nseed: 7\n"]) {
      const fault = faultOf(yaml);
      expect(fault.message).toBe("spec.json is YAML, which its name does not say");
      expect(fault.hint).toContain("Name it spec.yaml");
    }
    expect(faultOf("# run\nseed: 7\n").details).toEqual(["spec.json:2:1 this is YAML"]);
  });

  it("names quotes, keys and words that JSON does not know, one fault a line", () => {
    expect(faultOf("{\n  'seed': 7,\n  'plugins': []\n}").details).toEqual([
      'spec.json:2:3 text stands in double quotes, "…", not in single ones',
    ]);
    expect(faultOf('{\n  seed: 7,\n  "a": True,\n  "b": blobs\n}').details).toEqual([
      'spec.json:2:3 a key stands in double quotes: "seed"',
      'spec.json:3:8 "True" is no value of JSON (did you mean true?)',
      'spec.json:4:8 "blobs" is no value of JSON; text stands in double quotes',
    ]);
  });

  it("nests only so deep, though brackets in text and comments are none", () => {
    const deep = (text: string, name: string) => {
      try {
        return parseSpecText(text, name, new URL("file:///spec")).value;
      } catch (error) {
        return (error as MillraceError).details;
      }
    };
    const told = "s.json:1:101 a spec nests at most 100 deep";
    expect(deep("[".repeat(100_000), "s.json")).toEqual([told]);
    expect(deep("[".repeat(101) + "]".repeat(101), "s.json")).toEqual([told]);
    expect(deep(`["${"[".repeat(200)}" /* ${"{".repeat(200)} */]`, "s.json")).toEqual(["[".repeat(200)]);
    expect(deep("[".repeat(100_000), "s.yaml")).toEqual([
      expect.stringContaining("a spec nests at most 100 deep"),
    ]);
    const lines = Array.from({ length: 150 }, (_, i) => `${" ".repeat(i)}a:`).join("\n");
    expect(deep(lines, "s.yaml")).toEqual([expect.stringContaining("a spec nests at most 100 deep")]);
  });

  it("counts columns from 1 after a byte order mark too", () => {
    expect(faultOf("\uFEFF{ nothing }").details[0]).toMatch(/^spec\.json:1:3 /);
  });
});

describe("a spec that was read", () => {
  const registry = new Registry();
  for (const plugin of builtin) registry.add(plugin);
  const none = { name: "none", summary: "none" };
  const step = z.discriminatedUnion("type", [
    z.strictObject({ type: z.literal("adam") }),
    z.strictObject({ type: z.literal("sgd") }),
  ]);
  registry.add(
    defineModel({
      ...none,
      options: z.strictObject({}),
      create: () => ({ engine: "none", build: () => undefined }),
    }),
  );
  registry.add(
    defineTrainer({
      ...none,
      options: z.strictObject({
        optimizer: step.optional(),
        mode: z.enum(["fast", "exact"]).optional(),
        epochs: z.union([z.int().positive(), z.literal("auto")]).optional(),
      }),
      create: () => ({ fit: () => Promise.reject(new Error("not called")) }),
    }),
  );
  const details = (trainer: object, more = ""): readonly string[] => {
    const spec = `{ ${more} "source": { "use": "generated", "with": { "problem": "blobs", "length": 9 } },
      "model": { "use": "none" }, "trainer": { "use": "none", "with": ${JSON.stringify(trainer)} } }`;
    try {
      parseSpec(parseSpecText(spec, "spec.json", new URL("file:///spec.json")), registry);
    } catch (error) {
      if (error instanceof MillraceError) return error.details;
    }
    return [];
  };

  it("has each key once: the second is named, wherever it stands", () => {
    expect(details({}, '"seed": 1, "seed": 2,')).toEqual([
      "spec.json:1:14 seed: must stand once in an object, but stands at 1:3 already",
    ]);
    expect(details({}, '"loader": { "batchSize": 1, "batchSize": 2 },')).toEqual([
      expect.stringContaining("loader.batchSize: must stand once"),
    ]);
  });

  it("asks for the word that was meant, among a few and by the type of an object", () => {
    expect(details({ mode: "fats" })[0]).toMatch(
      /mode: must be "fast" or "exact", was "fats" \(did you mean "fast"\?\)$/,
    );
    expect(details({ optimizer: { type: "Adam" } })[0]).toMatch(
      /optimizer\.type: must be "adam" or "sgd", was "Adam" \(did you mean "adam"\?\)$/,
    );
    expect(details({ epochs: "atuo" })[0]).toMatch(
      /epochs: must be a number or "auto", was "atuo" \(did you mean "auto"\?\)$/,
    );
  });
});
