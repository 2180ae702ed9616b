/** Inputs of a person's own as samples, by the sources that know how. */
import {
  type DatasetFacts,
  isDeferred,
  type LooseFault,
  type LooseSample,
  MillraceError,
} from "@millrace/core";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { encoded, failureOf, type Folder, temporaryFolder } from "../test/support.js";
import csv from "./sources/csv.js";
import json from "./sources/json.js";
import jsonLines from "./sources/json-lines.js";
import npy from "./sources/npy.js";
import npz from "./sources/npz.js";
import safetensors from "./sources/safetensors.js";
import wav from "./sources/wav.js";
import textLines from "./sources/text-lines.js";
import idx from "./sources/idx.js";
import imageFolder from "./sources/image-folder.js";

let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
});

const context = (facts: DatasetFacts) => ({ baseUrl: folder.baseUrl, seed: 1, facts });

async function read(plugin: typeof csv, options: object, facts: DatasetFacts, path: string) {
  const inputs = await plugin.inputs?.(plugin.options.parse(options), context(facts));
  const found: (LooseSample | LooseFault)[] = [];
  for await (const each of inputs?.read(path) ?? []) found.push(each);
  return found;
}

describe("rows of a CSV file", () => {
  const facts = { features: ["width", "height"] };
  const options = { path: "gone.csv" };

  it("take the columns of training by name, in any order, and name what is wrong with a row", async () => {
    const path = await folder.write(
      "ü.csv",
      'note;height;width\na;2;1\nb;tall;1\nc;3\n\n"d\nd";"4";5\ne;;1\nf;1;1e999\n',
    );
    const found = await read(csv, options, facts, path);
    const told = found.map((each) =>
      "error" in each ? [each.name, each.error.code, each.error.message] : [each.name, each.sample],
    );
    expect(told).toEqual([
      [`${path}:2`, { features: Float32Array.of(1, 2) }],
      [`${path}:3`, "INPUT_INVALID", '"height" must be a finite number, was "tall"'],
      [`${path}:4`, "INPUT_INVALID", "a row must have 3 values, as the first line has, had 2"],
      [`${path}:6`, { features: Float32Array.of(5, 4) }],
      [`${path}:8`, "INPUT_INVALID", '"height" must be a finite number, was ""'],
      [`${path}:9`, "INPUT_INVALID", '"width" must be a finite number, was "1e999"'],
    ]);
  });

  it("are read with the quotes of training", async () => {
    const path = await folder.write("quotes.tsv", 't\n"Ann\n5" wide\n');
    const columns = { t: "text" };
    const plain = await read(csv, { ...options, columns, quote: null }, {}, path);
    const samples = plain.map((each) => "sample" in each && each.sample);
    expect(samples).toEqual([{ t: '"Ann' }, { t: '5" wide' }]);
    const error = await failureOf(() => read(csv, { ...options, columns }, {}, path));
    expect(`${error.code} ${error.hint}`).toMatch(/FILE_FORMAT.*set `quote` to null/);
  });

  it("are refused as a whole where a column is missing, or there is no such file", async () => {
    const path = await folder.write("lacks.csv", "hight,depth\n1,2\n");
    const error = await failureOf(() => read(csv, options, facts, path));
    expect(error.code).toBe("INPUT_INVALID");
    expect(error.describe()).toContain('lacks "width", "height" (did you mean "hight"?)');
    expect(error.describe()).toContain("It has: hight, depth.");
    const gone = await failureOf(() => read(csv, options, facts, `${path}.gone`));
    expect(gone.code).toBe("FILE_NOT_FOUND");
  });

  it("are refused as a whole where a column that the model reads is there twice; others may be", async () => {
    const path = await folder.write("twice.csv", "width,height,width,,\n1,2,3,,\n");
    const error = await failureOf(() => read(csv, options, facts, path));
    expect([error.code, error.message]).toEqual([
      "INPUT_INVALID",
      'a column that the model reads must be in the file once, but "width" stands there twice',
    ]);
    const typed = { path: "gone.csv", columns: { size: "float32[1]" } };
    const sizes = await folder.write("sizes.csv", "size,size\n1,2\n");
    expect((await failureOf(() => read(csv, typed, {}, sizes))).message).toContain(
      '"size" stands there twice',
    );
    const others = await folder.write("others.csv", "width,,height,\n1,,2,\n");
    expect(await read(csv, options, facts, others)).toEqual([
      { name: `${others}:2`, sample: { features: Float32Array.of(1, 2) } },
    ]);
  });

  it("without a header are features in order, or all columns with the label among them", async () => {
    const bare = { ...options, header: false, label: "0" };
    const own = { features: ["1", "2"] };
    const short = await folder.write("short.csv", "5,6\n");
    const long = await folder.write("long.csv", "x,5,6\n");
    for (const path of [short, long]) {
      const [row] = await read(csv, bare, own, path);
      expect(row).toMatchObject({ sample: { features: Float32Array.of(5, 6) } });
    }
  });

  it("come one piece after the other from a file of any size", async () => {
    const rows = Array.from({ length: 200_000 }, (_, i) => `${i},${i + 1}`);
    const path = await folder.write("long2.csv", ["width,height", ...rows].join("\n"));
    const found = await read(csv, options, facts, path);
    expect(found).toHaveLength(200_000);
    expect(found.at(-1)).toMatchObject({ sample: { features: Float32Array.of(199_999, 200_000) } });
  });
});

describe("rows with types", () => {
  const options = {
    path: "gone.csv",
    features: ["width"],
    columns: {
      age: "float32?",
      sex: "class",
      when: { type: "date", format: "%d.%m.%Y", missing: "drop" },
      size: { type: "float32[2]", from: ["w", "h"] },
      label: { type: "class", from: "species" },
      photo: { type: "image?" },
      price: "float32",
    },
  };
  const facts = { features: ["width"], labels: ["a", "b"], categories: { sex: ["f", "m"] } };

  it("are read as in training; the answer may be absent, and what is wrong is named", async () => {
    const text = `sex,age,when,w,h,width,photo
m,,31.01.2026,1,2,9,p/x.png
x,5,31.01.2026,1,2,9,
f,5,,1,2,9,
f,5,1.2.2026,1,tall,9,
f,5,1.2.2026,1,2,,
`;
    const path = await folder.write("typed.csv", text);
    const [first, ...others] = await read(csv, options, facts, path);
    expect(first).toEqual({
      name: `${path}:2`,
      sample: {
        features: Float32Array.of(9),
        age: null,
        sex: 1,
        when: 1769817600,
        size: Float32Array.of(1, 2),
        photo: expect.objectContaining({ name: `${folder.path}/p/x.png` }) as unknown,
      },
    });
    expect(others.map((each) => ("error" in each ? each.error.message : each))).toEqual([
      'a label must be one of the 2 known classes, was "x"',
      '"when" must have a value: rows without one were left out in training',
      '"size" must be a finite float32 number, was "tall"',
      '"width" must be a finite number, was ""',
    ]);
  });

  it("are refused as a whole where a column's name is only written otherwise", async () => {
    const path = await folder.write("typo.csv", "width,age,Sex,when,w,h\n1,2,f,1.1.2026,1,2\n");
    const error = await failureOf(() => read(csv, options, facts, path));
    expect([error.code, error.message]).toEqual([
      "INPUT_INVALID",
      'the columns must have the names that they had in training: "sex" (did you mean "Sex"?)',
    ]);
  });

  it("may be values by name, vectors as a list or by their columns", async () => {
    const inputs = await csv.inputs?.(csv.options.parse(options), context(facts));
    const given = { width: 9, sex: "f", when: "31.01.2026", size: [1, 2], price: 3 };
    const expected = {
      features: Float32Array.of(9),
      age: null,
      sex: 0,
      when: 1769817600,
      size: Float32Array.of(1, 2),
      photo: null,
      price: 3,
    };
    expect(inputs?.fromValues?.(given, "/")).toEqual(expected);
    expect(inputs?.about).toMatchObject({
      features: ["width"],
      columns: expect.arrayContaining([
        expect.objectContaining({ field: "sex", kind: "class", labels: ["f", "m"] }),
        expect.objectContaining({ field: "label", labels: ["a", "b"] }),
      ]) as unknown,
      decimal: ".",
    });
    const { size: _, ...rest } = given;
    expect(inputs?.fromValues?.({ ...rest, w: "1", h: 2 }, "/")).toEqual(expected);
    expect(inputs?.fromValues?.({ ...given, photo: "x.png" }, "/pictures")).toMatchObject({
      photo: { name: "/pictures/x.png" },
    });
    expect(() => inputs?.fromValues?.({ ...given, age: [] }, "/")).toThrow('"age" must be a finite float32');
  });
});

describe("values by name", () => {
  it("are features by the names of training, or a list of them", async () => {
    const facts = { features: ["width", "height"] };
    const inputs = await csv.inputs?.(csv.options.parse({ path: "gone.csv" }), context(facts));
    const expected = { features: Float32Array.of(1, 2) };
    expect(inputs?.fromValues?.({ height: 2, id: "x", width: "1" }, "/")).toEqual(expected);
    expect(inputs?.fromValues?.({ features: [1, 2] }, "/")).toEqual(expected);
    for (const wrong of [
      { width: 1 },
      { features: [1] },
      { width: null, height: 1 },
      { features: [1, true] },
    ]) {
      expect(() => inputs?.fromValues?.(wrong, "/")).toThrow(MillraceError);
    }
  });

  it("name image files, from where they stand", async () => {
    const options = imageFolder.options.parse({ root: "gone" });
    const inputs = await imageFolder.inputs?.(options, context({}));
    expect(inputs?.fromValues?.({ image: "a/b.png" }, folder.path)).toMatchObject({
      image: { name: `${folder.path}/a/b.png` },
    });
    expect(() => inputs?.fromValues?.({ file: "b.png" }, "/")).toThrow(
      '"image" must be the path of an image',
    );
  });
});

describe("records of JSON", () => {
  const columns = {
    age: "float32?",
    sex: { type: "class", from: "person.sex" },
    size: { type: "float32[2]", from: ["box.w", "box.h"] },
    label: { type: "class", from: "species" },
    photo: "image?",
  };
  const facts = { labels: ["a", "b"], categories: { sex: ["f", "m"] } };
  const expected = { age: null, sex: 1, size: Float32Array.of(1, 2), photo: null };

  it("are read as in training, from values by name and from files", async () => {
    const options = { path: "gone.jsonl", columns };
    const inputs = await jsonLines.inputs?.(jsonLines.options.parse(options), context(facts));
    const values = { person: { sex: "m" }, box: { w: 1, h: "2" } };
    expect(inputs?.fromValues?.(values, "/")).toEqual(expected);
    expect(inputs?.fromValues?.({ ...values, photo: "p.png" }, "/pictures")).toMatchObject({
      photo: { name: "/pictures/p.png" },
    });
    expect(() => inputs?.fromValues?.({ ...values, person: { sex: "x" } }, "/")).toThrow('was "x"');
    expect(inputs?.about).toMatchObject({
      columns: expect.arrayContaining([
        expect.objectContaining({ field: "sex", labels: ["f", "m"] }),
      ]) as unknown,
    });
    const text = [JSON.stringify(values), "{", '{"person": {"sex": "f"}, "box": {"w": 3, "h": null}}'].join(
      "\n",
    );
    const path = await folder.write("in.jsonl.gz", gzipSync(text));
    const found = await read(jsonLines, options, facts, path);
    expect(
      found.map((each) => ("error" in each ? [each.name, each.error.code] : [each.name, each.sample])),
    ).toEqual([
      [`${path}:1`, expected],
      [`${path}:2`, "FILE_FORMAT"],
      [`${path}:3`, "INPUT_INVALID"],
    ]);
  });

  it("are the elements of a JSON file", async () => {
    const path = await folder.write(
      "in.json",
      '{"rows": [{"person": {"sex": "m"}, "box": {"w": 1, "h": 2}}]}',
    );
    const found = await read(json, { path: "gone.json", at: "rows", columns }, facts, path);
    expect(found).toEqual([{ name: `${path}#0`, sample: expected }]);
  });
});

describe("rows of arrays", () => {
  const at = (name: string): string =>
    fileURLToPath(new URL(`../test/fixtures/arrays/${name}`, import.meta.url));
  const image = { type: "uint8", shape: [4, 4] } as const;
  const facts: DatasetFacts = { fields: { image, label: { type: "int32" } }, labels: ["a", "b", "c"] };

  it("are read from files with the names of training, without the answer", async () => {
    const found = await read(npz, { path: "gone.npz" }, facts, at("deflated.npz"));
    expect(found).toHaveLength(5);
    expect(found[0]).toEqual({
      name: `${at("deflated.npz")}#0`,
      sample: { image: { dtype: "uint8", shape: [4, 4], data: expect.any(Uint8Array) as unknown } },
    });
    const renamed = { path: "gone.npz", fields: { x: "image", label: "y" } };
    const [other] = await read(
      npz,
      renamed,
      { fields: { x: image, label: { type: "int32" } } },
      at("stored.npz"),
    );
    expect(Object.keys("sample" in other ? (other.sample as object) : {})).toEqual(["x"]);
    const tensors: DatasetFacts = { fields: { BF16: { type: "float32", shape: [2] } } };
    expect(await read(safetensors, { path: "gone" }, tensors, at("tensors.safetensors"))).toHaveLength(3);
    const alone: DatasetFacts = { fields: { x: { type: "int8", shape: [2, 3] }, label: { type: "int32" } } };
    const files = { fields: { x: "x.npy", label: "y.npy" } };
    expect(await read(npy, files, alone, at("rows-i1.npy"))).toHaveLength(5);
  });

  it("are refused where an array is not there, or its rows are others", async () => {
    const lacks = await failureOf(() =>
      read(npz, { path: "x" }, { fields: { picture: image } }, at("stored.npz")),
    );
    expect([lacks.code, lacks.message]).toEqual([
      "INPUT_INVALID",
      expect.stringContaining('must hold "picture"'),
    ]);
    const form: DatasetFacts = { fields: { image: { type: "uint8", shape: [4, 5] } } };
    const differs = await failureOf(() => read(npz, { path: "x" }, form, at("stored.npz")));
    expect([differs.code, differs.message]).toEqual([
      "INPUT_INVALID",
      expect.stringContaining("rows of uint8 [4, 5]"),
    ]);
  });

  it("may be lists of numbers by the names of fields", async () => {
    const own: DatasetFacts = { fields: { x: { type: "float32", shape: [2] }, n: { type: "int32" } } };
    const inputs = await npz.inputs?.(npz.options.parse({ path: "gone" }), context(own));
    expect(inputs?.fromValues?.({ x: [1, 2.5], n: 3, more: "x" }, "/")).toEqual({
      x: { dtype: "float32", shape: [2], data: Float32Array.of(1, 2.5) },
      n: 3,
    });
    for (const wrong of [{ x: [1] }, { x: [1, "2"] }, { x: 5 }, { n: [3] }, {}])
      expect(() => inputs?.fromValues?.(wrong, "/")).toThrow(MillraceError);
  });
});

it("WAV files are samples at the rate and of the length of training, also by name", async () => {
  const sounds = fileURLToPath(new URL("../test/fixtures/sounds/", import.meta.url));
  const options = { root: "gone", seconds: 0.002 };
  const facts: DatasetFacts = { sampleRate: 8000, fields: { samples: { type: "float32", shape: [16] } } };
  const [found] = await read(wav, options, facts, `${sounds}pcm8-1.wav`);
  const inputs = await wav.inputs?.(wav.options.parse(options), context(facts));
  const named = inputs?.fromValues?.({ samples: "pcm8-1.wav" }, sounds);
  for (const each of ["sample" in found ? found.sample : undefined, named]) {
    const { samples } = each as { readonly samples?: unknown };
    expect(isDeferred(samples) && (await samples.materialize())).toMatchObject({ shape: [16] });
  }
  expect(() => inputs?.fromValues?.({ samples: 5 }, "/")).toThrow('"samples" must be the path of a WAV file');
});

it("lines of text are samples in windows as in training, and texts by name", async () => {
  const path = await folder.write("in.txt", "a\n\nb\nc\n");
  const options = { path: "gone.txt", window: 2, skipBlank: true };
  const found = await read(textLines, options, {}, path);
  expect(found).toEqual([
    { name: `${path}:1`, sample: { text: "a\nb" } },
    { name: `${path}:4`, sample: { text: "c" } },
  ]);
  const inputs = await textLines.inputs?.(textLines.options.parse(options), context({}));
  expect(inputs?.fromValues?.({ text: "x" }, "/")).toEqual({ text: "x" });
  expect(() => inputs?.fromValues?.({ texts: "x" }, "/")).toThrow('"text" must be a text, was missing');
});

it("an image file is one sample, in the mode of training", async () => {
  const path = await folder.write("one.png", await encoded("png", 5, 4));
  for (const [plugin, options, channels] of [
    [imageFolder, { root: "gone" }, 3],
    [idx, { images: "gone" }, 1],
  ] as const) {
    const [made] = await read(plugin, options, {}, path);
    const { image } = ("sample" in made ? made.sample : {}) as { readonly image?: unknown };
    expect(isDeferred(image) && (await image.materialize())).toMatchObject({ shape: [4, 5, channels] });
  }
});
