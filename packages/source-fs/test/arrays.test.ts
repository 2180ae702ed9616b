/** Arrays that numpy and safetensors have written, by fixtures/write-arrays.py: the same values, element by element. */
import { readFileSync } from "node:fs";
import { copyFile, readFile } from "node:fs/promises";
import { heapAllocator, isNdArray, type NdArray } from "@millrace/core";
import { beforeAll, describe, expect, it } from "vitest";
import type { ArraySample } from "../src/arrays/dataset.js";
import { epoch, failureOf, type Folder, openSource, reopened, temporaryFolder } from "./support.js";

interface Recorded {
  readonly file: string;
  /** Of the array in the file. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: readonly (number | string | null)[];
}

const baseUrl = new URL("fixtures/arrays/", import.meta.url);
const recorded = readFileSync(new URL("values.jsonl", baseUrl), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Recorded);

/** How the field x is read from the array. */
function sourceOf({ file, name }: Recorded, type?: string): [use: string, options: object] {
  const of = { from: name === "" ? file : name, ...(type && { type }) };
  const use = file.slice(file.lastIndexOf(".") + 1);
  return [use, { ...(name !== "" && { path: file }), fields: { x: of } }];
}

function plain(value: unknown): (number | string | null)[] {
  const numbers = isNdArray(value) ? Array.from(value.data) : [Number(value)];
  return numbers.map((each) =>
    Number.isNaN(each) ? null : Number.isFinite(each) ? each : each > 0 ? "inf" : "-inf",
  );
}

describe("rows of arrays have the values of their writer", () => {
  it.each(recorded)("$file $name $shape", async (array) => {
    const { shape, values } = array;
    // In numbers that hold them all; 16 bits and less, float32 and what it holds are exact in it too.
    for (const type of [undefined, "float64"]) {
      const dataset = await openSource<ArraySample>(...sourceOf(array, type), baseUrl);
      expect(dataset.length).toBe(shape[0]);
      const found: (number | string | null)[] = [];
      for (let index = 0; index < dataset.length; index++) {
        const { x } = await dataset.get(index, epoch);
        expect(isNdArray(x) ? x.shape : []).toEqual(shape.slice(1));
        found.push(...plain(x));
      }
      expect(found).toEqual(values);
      const indices = Array.from({ length: shape[0] }, (_, i) => shape[0] - 1 - i);
      const batch = (await dataset.getBatch?.(indices, epoch, heapAllocator)) as { x: NdArray };
      expect(batch.x.shape).toEqual(shape);
      expect(batch.x.dtype).toBe((dataset.fields?.x ?? {}).type);
      const size = values.length / Math.max(1, shape[0]);
      expect(plain(batch.x)).toEqual(indices.flatMap((row) => values.slice(row * size, (row + 1) * size)));
      const worker = await reopened<ArraySample>(...sourceOf(array, type), baseUrl, dataset);
      expect(await worker.getMany?.(indices, epoch)).toEqual(await dataset.getMany?.(indices, epoch));
      for (const each of [dataset, worker]) await each.close?.();
    }
  });

  it("in element types of their own, and others where batches have none", async () => {
    const types = await Promise.all(
      recorded.map(async (array) => {
        const dataset = await openSource(...sourceOf(array), baseUrl);
        await dataset.close?.();
        return [array.name || array.file, dataset.fields?.x.type];
      }),
    );
    expect(Object.fromEntries(types)).toMatchObject({
      "rows-i1.npy": "int8",
      "rows-big-u4.npy": "uint32",
      "rows-little-u2.npy": "uint16",
      "rows-big-i8.npy": "int32",
      "rows-little-u8.npy": "int32",
      "rows-big-f2.npy": "float32",
      "rows-big-f8.npy": "float64",
      "flags.npy": "bool",
      BF16: "float32",
      I64: "int32",
    });
  });
});

describe("several arrays", () => {
  it("make one sample, with classes by number or by name", async () => {
    const all = await openSource<ArraySample>("npz", { path: "stored.npz" }, baseUrl);
    expect(all.facts).toMatchObject({
      labels: ["0", "1", "2"],
      fields: { image: { type: "uint8", shape: [4, 4] } },
    });
    expect(await all.get(4, epoch)).toMatchObject({
      label: 2,
      image: { shape: [4, 4] },
      weight: { shape: [2] },
    });
    expect([all.key?.(4), await all.column?.("label"), await all.column?.("image")]).toEqual([
      "stored.npz#4",
      Int32Array.of(1, 0, 1, 2, 2),
      undefined,
    ]);
    const named = await openSource("npz", { path: "deflated.npz", labels: ["a", "b", "c"] }, baseUrl);
    expect(named.facts?.labels).toEqual(["a", "b", "c"]);
    const few = await failureOf(() => openSource("npz", { path: "stored.npz", labels: ["a", "b"] }, baseUrl));
    expect(few.code).toBe("LABEL_UNKNOWN");
    const files = { fields: { x: "rows-i1.npy", label: "labels.npy" } };
    const both = await openSource<ArraySample>("npy", files, baseUrl);
    expect([both.length, (await both.get(1, epoch)).label, both.key?.(1)]).toEqual([5, 2, "rows-i1.npy#1"]);
  });

  it("are refused where their numbers of rows differ, or one is not there", async () => {
    const error = await failureOf(() =>
      openSource("npy", { fields: { x: "rows-i1.npy", y: "numbers.npy" } }, baseUrl),
    );
    expect(error.message).toBe('all arrays must have as many rows, but "x" has 5 and "y" 7');
    for (const [use, path, names] of [
      ["npz", "stored.npz", "image, label, weight"],
      ["safetensors", "tensors.safetensors", "BF16"],
    ] as const) {
      const missing = await failureOf(() => openSource(use, { path, fields: { x: "images" } }, baseUrl));
      expect([missing.code, missing.path, missing.hint]).toEqual([
        "OPTION_INVALID",
        ["fields", "x"],
        expect.stringContaining(names),
      ]);
    }
  });
});

describe("whole numbers of 64 bits", () => {
  it("are refused where the type that is asked for does not hold them, sample by sample", async () => {
    const open = (type?: string) =>
      openSource<ArraySample>("npy", { fields: { x: { from: "long.npy", ...(type && { type }) } } }, baseUrl);
    const whole = await open();
    expect([(await whole.get(0, epoch)).x, (await whole.get(3, epoch)).x]).toEqual([1, 2 ** 31 - 1]);
    const error = await failureOf(() => whole.get(2, epoch));
    expect([error.code, error.message, error.where[0]]).toEqual([
      "FILE_FORMAT",
      "long.npy must hold whole numbers within ±2^31 to be int32, was -1099511627776",
      "long.npy#2",
    ]);
    const float = await open("float64");
    expect((await float.get(2, epoch)).x).toBe(-(2 ** 40));
    expect((await failureOf(() => float.get(1, epoch))).message).toContain("was 9007199254740993");
  });
});

describe("what is no array of numbers is refused by name", () => {
  it.each([
    ["texts", "texts (<U2)"],
    ["bytes", "bytes of a fixed length (|S1)"],
    ["complex", "complex numbers (<c16)"],
    ["dates", "dates (<M8[D])"],
    ["records", "records (several fields)"],
    ["objects", "Python objects (|O)"],
    ["scalar", "was a single value"],
  ])("%s", async (name, told) => {
    const error = await failureOf(() => openSource("npy", { fields: { x: `refused-${name}.npy` } }, baseUrl));
    expect([error.code, error.message]).toEqual(["FILE_FORMAT", expect.stringContaining(told)]);
  });
});

describe("headers that lie are refused before anything is allocated", () => {
  let folder: Folder;
  beforeAll(async () => {
    folder = await temporaryFolder();
  });

  const failed = async (use: string, name: string, content: Uint8Array): Promise<string> => {
    await folder.write(name, content);
    const options = use === "npy" ? { fields: { x: name } } : { path: name };
    const { code, message } = await failureOf(() => openSource(use, options, folder.baseUrl));
    return `${code} ${message}`;
  };

  function npy(header: string, data = 0, version = 1): Buffer {
    const length = Buffer.alloc(2);
    length.writeUInt16LE(header.length);
    return Buffer.concat([
      Buffer.from("\x93NUMPY", "latin1"),
      Buffer.from([version, 0]),
      length,
      Buffer.from(header),
      Buffer.alloc(data),
    ]);
  }
  const stating = (shape: string, descr = "<f4") =>
    `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }\n`;

  it("in NPY files", async () => {
    const of = (header: string, data?: number) => failed("npy", "x.npy", npy(header, data));
    expect(await of(stating("999999999999, 999999999999, "))).toContain("must fit into a file");
    expect(await of(stating("9007199254740991,"))).toContain("must fit into a file");
    expect(await of(stating("4294967296,"))).toContain(
      "is truncated: float32 [4294967296] takes 17179869184 bytes, found 0",
    );
    expect(await of(stating("2,"), 9)).toContain("is followed by other bytes");
    expect(await of(stating("-1,"), 4)).toContain("must state shape");
    expect(await of("{'descr': '<f4'}")).toContain("must state shape");
    expect(await of("garbage")).toContain("must state descr");
    expect(await failed("npy", "x.npy", npy(stating("1,"), 4, 9))).toContain(
      "must have version 1, 2 or 3, was 9",
    );
    expect(await failed("npy", "x.npy", npy(stating("1,"), 4).subarray(0, 30))).toContain(
      "an NPY header must be whole",
    );
    expect(await failed("npy", "x.npy", Buffer.from("a,b\n1,2\n"))).toContain(
      "must start with 934e554d5059, was 612c620a312c",
    );
    expect(await failed("npy", "x.npy", Buffer.alloc(0))).toContain("was empty");
  });

  it("in safetensors files", async () => {
    const file = (header: unknown, data = 0, stated?: bigint) => {
      const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(stated ?? BigInt(text.length));
      return Buffer.concat([length, text, Buffer.alloc(data)]);
    };
    const of = (...args: Parameters<typeof file>) => failed("safetensors", "x.safetensors", file(...args));
    const tensor = (from: number, to: number, shape = [2], dtype = "U8") => ({
      dtype,
      shape,
      data_offsets: [from, to],
    });
    expect(await of({}, 0, 2n ** 63n)).toContain(
      "must take at most 2 bytes here, states 9223372036854775808",
    );
    expect(await of({ x: tensor(0, 2, [2 ** 40, 2 ** 40]) }, 2)).toContain("must fit into a file");
    expect(await of({ x: tensor(0, 2, [3]) }, 2)).toContain("must take 3 bytes, has 2");
    expect(await of({ x: tensor(0, 2), y: tensor(1, 3) }, 3)).toContain('at "y" they overlap');
    expect(await of({ x: tensor(0, 2), y: tensor(3, 5) }, 5)).toContain('at "y" they leave a gap');
    expect(await of({ x: tensor(0, 2) }, 3)).toContain("must fill the file of");
    expect(await of({ x: tensor(0, 2) }, 1)).toContain("must fill the file of");
    expect(await of({ x: tensor(0, 2, [-2]) }, 2)).toContain("a shape of whole numbers");
    expect(await of({ x: tensor(0, 2, [2], "F8_E4M3") }, 2)).toContain("was F8_E4M3");
    await folder.write("y.safetensors", file({ x: tensor(0, 2), f8: tensor(2, 4, [2], "F8_E4M3") }, 4));
    const one = await openSource(
      "safetensors",
      { path: "y.safetensors", fields: { x: "x" } },
      folder.baseUrl,
    );
    expect(one.fields).toEqual({ x: { type: "uint8" } });
    await one.close?.();
    expect(await of('{"x"', 2)).toContain("must be an object of JSON");
    expect(await of({}, 0)).toContain("holds none");
    expect(await failed("safetensors", "x.safetensors", Buffer.alloc(5))).toContain("has 5");
  });

  it("in NPZ files, whose check sums are looked at too", async () => {
    const whole = await readFile(new URL("deflated.npz", baseUrl));
    expect(await failed("npz", "x.npz", whole.subarray(0, whole.length - 30))).toContain("FILE_FORMAT");
    expect(await failed("npz", "x.npz", Buffer.from("PK"))).toContain("must end with its directory");
    const directory = whole.indexOf(Buffer.from("PK\x01\x02"));
    const lie = (at: number, value: number) => {
      const copy = Buffer.from(whole);
      copy.writeUInt32LE(value, directory + at);
      return failed("npz", "x.npz", copy);
    };
    expect(await lie(24, 0x7fffffff)).toContain("cannot come of");
    expect(await lie(20, 0x7fffffff)).toContain("FILE_FORMAT");
    expect(await lie(42, 0x7ffffff0)).toContain("is cut off or damaged");
    expect(await lie(16, 12345)).toContain("check sum is another");
    const file = await openSource("npz", { path: "deflated.npz", maxHeldBytes: 1000 }, baseUrl);
    expect(file.length).toBe(5);
    const error = await failureOf(() =>
      openSource("npz", { path: "deflated.npz", maxHeldBytes: 300 }, baseUrl),
    );
    expect(error.message).toContain("must take at most 300 bytes with all others");
  });

  it("and a file that changes is refused from then on", async () => {
    await copyFile(new URL("rows-i1.npy", baseUrl), new URL("x.npy", folder.baseUrl));
    const dataset = await openSource<ArraySample>("npy", { fields: { x: "x.npy" } }, folder.baseUrl);
    await copyFile(new URL("numbers.npy", baseUrl), new URL("x.npy", folder.baseUrl));
    expect((await failureOf(() => dataset.get(0, epoch))).message).toContain(
      "was changed since it was opened",
    );
  });
});
