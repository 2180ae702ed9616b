import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DType, type NdArray, ndarray, type TypedArray, zeros } from "../contracts/ndarray.js";
import type { FieldTypes } from "../contracts/dataset.js";
import { MillraceError } from "../errors.js";
import {
  createCollate,
  defaultCollate,
  defaultConvert,
  heapAllocator,
  promoteTypes,
  stack,
} from "./collate.js";

const fault = (samples: unknown[]): MillraceError => {
  try {
    defaultCollate(samples);
  } catch (error) {
    if (error instanceof MillraceError) return error;
    throw error;
  }
  throw new Error("collation did not fail");
};

describe("defaultCollate", () => {
  it("makes whole numbers int32 and others float32, whichever comes first", () => {
    expect(defaultCollate([1, 2])).toEqual(ndarray(Int32Array.of(1, 2)));
    expect(defaultCollate([1, 2.5])).toEqual(ndarray(Float32Array.of(1, 2.5)));
    expect(defaultCollate([2.5, 1])).toEqual(ndarray(Float32Array.of(2.5, 1)));
    expect(defaultCollate([Number.NaN, 1])).toEqual(ndarray(Float32Array.of(Number.NaN, 1)));
  });

  it("makes booleans bool and leaves strings a list", () => {
    expect(defaultCollate([true, false])).toEqual({ dtype: "bool", shape: [2], data: Uint8Array.of(1, 0) });
    expect(defaultCollate(["a", "b"])).toEqual(["a", "b"]);
  });

  it("stacks arrays along a new first axis and keeps their element type", () => {
    const image = (value: number) => ndarray(new Uint8Array(6).fill(value), [2, 3]);
    expect(defaultCollate([image(1), image(2)])).toEqual({
      dtype: "uint8",
      shape: [2, 2, 3],
      data: Uint8Array.of(1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2),
    });
    expect(defaultCollate([Float32Array.of(1, 2), Float32Array.of(3, 4)])).toEqual(
      ndarray(Float32Array.of(1, 2, 3, 4), [2, 2]),
    );
    expect(defaultCollate([Buffer.from([7]), Buffer.from([8])])).toEqual(
      ndarray(Uint8Array.of(7, 8), [2, 1]),
    );
    expect(defaultCollate([zeros("float64", []), zeros("float64", [])])).toEqual(zeros("float64", [2]));
  });

  it("walks nested objects and lists", () => {
    expect(
      defaultCollate([
        [{ x: 1, name: "a" }, [true]],
        [{ x: 2, name: "b" }, [false]],
      ]),
    ).toEqual([
      { x: ndarray(Int32Array.of(1, 2)), name: ["a", "b"] },
      [{ dtype: "bool", shape: [2], data: Uint8Array.of(1, 0) }],
    ]);
  });

  it("takes the first sample's keys, as torch does", () => {
    expect(defaultCollate([{ a: 1 }, { a: 2, b: 3 }])).toEqual({ a: ndarray(Int32Array.of(1, 2)) });
    expect(fault([{ a: 1, b: 2 }, { a: 1 }])).toMatchObject({
      code: "COLLATE_MISMATCH",
      message: 'every sample needs the keys of the first, but entry 1 lacks "b"',
    });
  });

  it("names the field and both shapes of arrays that differ", () => {
    const samples = [{ x: { y: Float32Array.of(1, 2) } }, { x: { y: Float32Array.of(1, 2, 3) } }];
    expect(fault(samples)).toMatchObject({
      code: "COLLATE_MISMATCH",
      message:
        'stacking needs every "x.y" to be of equal size, but got float32 [2] at entry 0 and float32 [3] at entry 1',
    });
  });

  it.each([
    [[null], "null"],
    [[undefined], "undefined"],
    [[new Date(0)], "an instance of Date"],
    [[new Set([1])], "an instance of Set"],
    [[BigInt64Array.of(1n)], "a BigInt64Array"],
    [[Symbol("x")], "a symbol"],
    [[{ a: null }], "null", '"a"'],
    [[{ pin: () => 1 }], "a function", '"pin"'],
    [[() => 1], "a function"],
  ])("refuses %o by its kind", (samples, kind, where = "the sample") => {
    expect(fault(samples)).toMatchObject({ code: "COLLATE_TYPE" });
    expect(fault(samples).message).toContain(`${where} is ${kind}`);
  });

  it("takes booleans among numbers for 1 and 0, as torch.tensor does", () => {
    const whole = ndarray(Int32Array.of(1, 1, 0));
    expect(defaultCollate([1, true, false])).toEqual(whole);
    expect(defaultCollate([true, 1, 0])).toEqual(whole);
    expect(defaultCollate([false, 2.5])).toEqual(ndarray(Float32Array.of(0, 2.5)));
    expect(defaultCollate([true, 3n])).toEqual(ndarray(Int32Array.of(1, 3)));
    expect(defaultCollate([true], undefined, { "": { type: "float32" } })).toEqual(
      ndarray(Float32Array.of(1)),
    );
    expect(fault([true, "x"]).message).toContain("a boolean in the first sample of the batch, but a string");
    const declared = () => defaultCollate(["x", 1], undefined, { "": { type: "float32", nullable: true } });
    expect(declared).toThrow("the sample is declared to be a number, but is a string in entry 0");
  });

  it("names a sample that holds itself, in lists, objects and Maps, converted too", () => {
    const list: unknown[] = [];
    list.push(list);
    const object: Record<string, unknown> = {};
    Object.assign(object, { a: object, b: object });
    for (const sample of [list, object, new Map([["m", list]])]) {
      expect(fault([sample])).toMatchObject({
        code: "COLLATE_TYPE",
        message: expect.stringMatching(/must end somewhere, but ".*…" goes on for more than 100 levels/),
      });
      expect(() => defaultConvert(sample)).toThrow("must end somewhere");
    }
  });

  it("names an element type that there is not, before what does not fit it", () => {
    const half = { dtype: "float16", shape: [1], data: Float32Array.of(1) };
    expect(fault([half])).toMatchObject({
      code: "COLLATE_TYPE",
      message: expect.stringMatching(/must be one of .*, was float16/),
    });
  });

  it("refuses kinds that change within a batch", () => {
    expect(fault([{ a: 1 }, { a: "x" }]).message).toBe(
      '"a" is a number in the first sample of the batch, but a string in entry 1',
    );
    expect(fault([[1], [1, 2]]).message).toContain("got a list of 1 at entry 0 and a list of 2 at entry 1");
  });

  it("keeps every digit of whole numbers: beyond int32, and beside fractions, they become float64", () => {
    expect(defaultCollate([1, 2 ** 31])).toEqual(ndarray(Float64Array.of(1, 2 ** 31)));
    expect(defaultCollate([0.5, 2 ** 24])).toEqual(ndarray(Float32Array.of(0.5, 2 ** 24)));
    expect(defaultCollate([0.5, 2 ** 24 + 1])).toEqual(ndarray(Float64Array.of(0.5, 2 ** 24 + 1)));
    expect(defaultCollate([2 ** 31 - 1, -(2 ** 31)])).toEqual(
      ndarray(Int32Array.of(2 ** 31 - 1, -(2 ** 31))),
    );
  });

  it("refuses an empty batch", () => {
    expect(fault([])).toMatchObject({ code: "COLLATE_EMPTY" });
  });

  it("takes bigints for whole numbers, and refuses those that no number holds", () => {
    expect(defaultCollate([1n, -2n])).toEqual(ndarray(Int32Array.of(1, -2)));
    expect(defaultCollate([1, 2n])).toEqual(ndarray(Int32Array.of(1, 2)));
    expect(defaultCollate([2n ** 40n])).toEqual(ndarray(Float64Array.of(2 ** 40)));
    expect(fault([2n ** 60n])).toMatchObject({
      code: "COLLATE_OVERFLOW",
      message: /is 1152921504606846976$/,
    });
  });

  it("takes float64 for numbers that float32 would make infinite, but keeps infinity", () => {
    expect(defaultCollate([0.5, 1e39])).toEqual(ndarray(Float64Array.of(0.5, 1e39)));
    expect(defaultCollate([0.5, 3.5e38 + 0.5])).toEqual(ndarray(Float64Array.of(0.5, 3.5e38)));
    expect(defaultCollate([0.5, Infinity, 2 ** 127])).toEqual(
      ndarray(Float32Array.of(0.5, Infinity, 2 ** 127)),
    );
  });

  it("gives numbers the type that is declared for their field, whatever the values of the batch", () => {
    const collate = (samples: readonly unknown[], fields: FieldTypes) =>
      defaultCollate(samples, undefined, fields);
    const batch = collate([{ y: 1, at: [2] }], { y: { type: "float32" }, "at[0]": { type: "uint8" } });
    expect(batch).toEqual({ y: ndarray(Float32Array.of(1)), at: [ndarray(Uint8Array.of(2))] });
    expect(collate([3_001_000_000], { "": { type: "float32" } })).toEqual(
      ndarray(Float32Array.of(3_001_000_000)),
    );
    for (const [type, value] of [
      ["int32", 0.5],
      ["int32", 2 ** 31],
      ["uint8", -1],
      ["bool", 2],
      ["float32", 1e39],
    ] as const) {
      expect(() => collate([{ y: 1 }, { y: value }], { y: { type } })).toThrow(
        `"y" holds ${type} numbers in every batch, but is ${value} in entry 1`,
      );
    }
  });

  it("keeps raw bytes a list, whatever their sizes", () => {
    const bytes = [new ArrayBuffer(1), new ArrayBuffer(3)];
    expect(defaultCollate(bytes)).toEqual(bytes);
    expect(fault([new ArrayBuffer(1), "x"])).toMatchObject({ code: "COLLATE_MISMATCH" });
  });

  it("gives arrays of different element types the one that holds all", () => {
    expect(defaultCollate([Int32Array.of(1), Float32Array.of(0.5)])).toEqual(
      ndarray(Float32Array.of(1, 0.5), [2, 1]),
    );
    expect(defaultCollate([Uint8Array.of(255), Int8Array.of(-1), Uint8Array.of(3)])).toEqual(
      ndarray(Int16Array.of(255, -1, 3), [3, 1]),
    );
    expect(defaultCollate([zeros("bool", []), ndarray(Float64Array.of(2.5), [])])).toEqual(
      ndarray(Float64Array.of(0, 2.5)),
    );
    expect(fault([{ x: Uint32Array.of(1) }, { x: Int8Array.of(1) }]).message).toBe(
      '"x" has elements of uint32 before entry 1 and of int8 there, and no element type holds both',
    );
  });

  it("takes a typed array for an NdArray of one axis", () => {
    const mixed = [ndarray(Float32Array.of(1, 2)), Float32Array.of(3, 4)];
    expect(defaultCollate(mixed)).toEqual(ndarray(Float32Array.of(1, 2, 3, 4), [2, 2]));
  });

  it("refuses an NdArray whose data does not fill its shape", () => {
    const short: NdArray = { dtype: "uint8", shape: [3], data: new Uint8Array(2) };
    expect(fault([ndarray(new Uint8Array(3)), short]).message).toBe(
      "the sample of entry 1 is uint8 [3], but its data is a Uint8Array of 2 elements",
    );
  });

  // torch: test_default_collate_bad_sequence_type, in both orders.
  it.each([
    [["X"], ["X", "X"]],
    [["X", "X"], ["X"]],
  ])("refuses lists of unequal length: %j with %j", (...batch) => {
    expect(fault(batch)).toMatchObject({ code: "COLLATE_MISMATCH" });
  });

  it("keeps Maps, with the first one's keys", () => {
    const batch = defaultCollate([
      new Map<unknown, unknown>([
        ["a", 1],
        [7, "x"],
      ]),
      new Map<unknown, unknown>([
        [7, "y"],
        ["a", 2],
        ["b", 3],
      ]),
    ]);
    expect(batch).toEqual(
      new Map<unknown, unknown>([
        ["a", ndarray(Int32Array.of(1, 2))],
        [7, ["x", "y"]],
      ]),
    );
    expect(fault([new Map([["a", 1]]), new Map()]).message).toContain('entry 1 lacks "a"');
  });

  // torch: test_default_collate_mapping_keep_type, test_default_collate_sequence_keep_type.
  it("keeps the class of Maps and lists, and their own properties, without calling the constructor", () => {
    class Fields extends Map<string, number> {
      constructor(readonly origin: string) {
        super();
        if (origin === undefined) throw new Error("needs an origin");
      }
    }
    class Pair extends Array<number> {
      unit = "m";
    }
    const fields = new Fields("here").set("a", 1);
    const made: unknown = defaultCollate([{ fields, pair: Pair.from([1, 2]) }]);
    const batch = made as { fields: Fields; pair: Pair };
    expect(batch.fields).toBeInstanceOf(Fields);
    expect(batch.fields.origin).toBe("here");
    expect(batch.fields.get("a")).toEqual(ndarray(Int32Array.of(1)));
    expect(batch.pair).toBeInstanceOf(Pair);
    expect(batch.pair.unit).toBe("m");
    expect([...batch.pair]).toEqual([ndarray(Int32Array.of(1)), ndarray(Int32Array.of(2))]);
    expect(fields.get("a")).toBe(1);
  });

  it("takes keys that are names of Object's own methods for fields", () => {
    const sample = Object.fromEntries([
      ["__proto__", 1],
      ["toString", 2],
    ]);
    const batch = defaultCollate([sample]) as object;
    expect(Object.entries(batch).map(([key]) => key)).toEqual(["__proto__", "toString"]);
  });

  it("has all arrays from the allocator", () => {
    const given = new Set<unknown>();
    const allocate = (dtype: DType, shape: readonly number[]) => {
      const array = heapAllocator.allocate(dtype, shape);
      given.add(array);
      return array;
    };
    const batch = defaultCollate([[1, 0.5, true, Uint8Array.of(1), zeros("int8", [2])]], {
      allocate,
    }) as unknown[];
    expect(batch.map((array) => given.has(array))).toEqual([true, true, true, true, true]);
  });

  it("loses nothing: cutting the batch gives back the samples", () => {
    const sample = fc.record({
      image: fc.uint8Array({ minLength: 40, maxLength: 40 }),
      point: fc.tuple(fc.float({ noNaN: true, min: -1000, max: 1000 }), fc.boolean()),
      label: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      name: fc.string(),
    });
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 8 }), (samples) => {
        const batch = defaultCollate(samples);
        samples.forEach(({ image, point: [x, flag], label, name }, i) => {
          expect(batch.image.data.subarray(40 * i, 40 * (i + 1))).toEqual(image);
          expect([
            batch.point[0].data[i],
            batch.point[1].data[i],
            batch.label.data[i],
            batch.name[i],
          ]).toEqual([
            // An int32 array has no negative zero.
            batch.point[0].dtype === "int32" ? x + 0 : x,
            Number(flag),
            label,
            name,
          ]);
        });
      }),
    );
  });
});

describe("promoteTypes", () => {
  const dtypes: DType[] = [
    "bool",
    "uint8",
    "int8",
    "uint16",
    "int16",
    "uint32",
    "int32",
    "float32",
    "float64",
  ];
  // torch.promote_types; rows and columns as above, "-" where only int64 would do.
  const table = [
    "bool uint8 int8 uint16 int16 uint32 int32 float32 float64",
    "uint8 uint8 int16 uint16 int16 uint32 int32 float32 float64",
    "int8 int16 int8 int32 int16 - int32 float32 float64",
    "uint16 uint16 int32 uint16 int32 uint32 int32 float32 float64",
    "int16 int16 int16 int32 int16 - int32 float32 float64",
    "uint32 uint32 - uint32 - uint32 - float32 float64",
    "int32 int32 int32 int32 int32 - int32 float32 float64",
    "float32 float32 float32 float32 float32 float32 float32 float32 float64",
    "float64 float64 float64 float64 float64 float64 float64 float64 float64",
  ].map((row) => row.split(" "));

  it.each(dtypes.map((dtype, row) => [dtype, row] as const))("promotes %s with every type", (dtype, row) => {
    expect(dtypes.map((other) => promoteTypes(dtype, other) ?? "-")).toEqual(table[row]);
  });
});

describe("stack", () => {
  it("refuses a list of no arrays", () => {
    expect(() => stack([])).toThrow(expect.objectContaining({ code: "COLLATE_EMPTY" }));
  });

  it("stacks views over shared memory and rows of any length", () => {
    const rows = [1, 2, 3].map((value) => {
      const row: TypedArray = new Float32Array(new SharedArrayBuffer(4 * 100)).fill(value);
      return row;
    });
    for (const length of [0, 1, 8, 9, 100]) {
      const batch = stack(rows.map((row) => row.subarray(0, length)));
      expect(batch.shape).toEqual([3, length]);
      expect([...batch.data]).toEqual([1, 2, 3].flatMap((value) => Array<number>(length).fill(value)));
    }
  });
});

describe("createCollate", () => {
  class Shape {
    constructor(readonly sides: number) {}
  }
  class Square extends Shape {}
  const sides = (shapes: readonly Shape[], prefix: string) =>
    prefix + shapes.map((shape) => shape.sides).join();

  it("has rules for classes: the exact class first, then the first that the value is an instance of", () => {
    const collate = createCollate({
      types: [
        [Shape, (shapes: readonly Shape[]) => sides(shapes, "shape ")],
        [Square, (shapes: readonly Shape[]) => sides(shapes, "square ")],
        [Map, () => "map"],
      ],
    });
    expect(collate([{ a: new Square(4), b: new Shape(3), c: new (class extends Map {})() }])).toEqual({
      a: "square 4",
      b: "shape 3",
      c: "map",
    });
    expect(fault([new Shape(3)])).toMatchObject({ code: "COLLATE_TYPE", message: /an instance of Shape$/ });
  });

  it("has rules for primitives, and lets a rule collate its parts by all rules", () => {
    const collate = createCollate({
      types: [
        [String, (texts: readonly string[]) => texts.join("")],
        [
          Shape,
          (shapes: readonly Shape[], context) =>
            context.collate(shapes.map((shape) => ({ sides: shape.sides, n: "x" }))),
        ],
      ],
    });
    expect(collate([new Shape(3), new Shape(4)])).toEqual({ sides: ndarray(Int32Array.of(3, 4)), n: "xx" });
  });

  it("tells a rule where the values stand and where memory comes from", () => {
    const collate = createCollate({
      types: [[Shape, (_: readonly Shape[], { path, allocator }) => [path, allocator === heapAllocator]]],
    });
    expect(collate([{ list: [new Shape(1)] }])).toEqual({ list: [["list[0]", true]] });
  });

  it("passes what a rule returns on untouched, such as a batch with its own pin", () => {
    const batch = { pin: () => batch };
    expect(createCollate({ types: [[Shape, () => batch]] })([new Shape(1)])).toBe(batch);
  });
});

describe("fields that are declared", () => {
  const fields: FieldTypes = {
    age: { type: "float32", nullable: true },
    seen: { type: "date", nullable: true },
    flag: { type: "float32", nullable: true },
    note: { type: "text", nullable: true },
    file: { type: "bytes", nullable: true },
    kind: { type: "text" },
  };
  const row = { age: 1.5, seen: 1e9, flag: true, note: "x", file: Uint8Array.of(1), kind: "k" };
  const bare = { age: null, seen: null, flag: null, note: null, file: null, kind: "" };

  it("have NaN or null for what is missing, and one type whatever the batch holds", () => {
    for (const samples of [[row, bare], [bare, row], [bare], [row]]) {
      const pick = (key: keyof typeof row): unknown[] => samples.map((each) => each[key]);
      const numbers = (key: "age" | "seen" | "flag") =>
        pick(key).map((value) => (value === null ? Number.NaN : Number(value)));
      expect(defaultCollate(samples, heapAllocator, fields)).toEqual({
        age: ndarray(Float32Array.from(numbers("age"))),
        seen: ndarray(Float64Array.from(numbers("seen"))),
        flag: ndarray(Float32Array.from(numbers("flag"))),
        note: pick("note"),
        file: pick("file"),
        kind: pick("kind"),
      });
    }
  });

  it("say of a sample that is missing as a whole that there must be one", () => {
    for (const none of [null, undefined]) {
      expect(() => defaultCollate([none, none])).toThrow(
        expect.objectContaining({
          code: "COLLATE_TYPE",
          message: `a batch must have a value of every sample, but the sample is ${none} in entry 0`,
          hint: expect.stringMatching(
            /^Let the dataset and its transforms return a sample for each index\./,
          ) as string,
        }),
      );
    }
  });

  it("name the entry, the field and what to do where a value is missing that may not be", () => {
    const told = (samples: unknown[], types?: FieldTypes): unknown => {
      try {
        return defaultCollate(samples, heapAllocator, types);
      } catch (error) {
        const { code, message, entry, hint } = error as MillraceError;
        return [code, message, entry, hint?.includes("fill-missing")];
      }
    };
    for (const samples of [
      [{ age: 1 }, { age: null }],
      [{ age: "x" }, { age: null }],
    ]) {
      expect(told(samples)).toEqual([
        "COLLATE_TYPE",
        'a batch must have a value of every sample, but "age" is null in entry 1',
        1,
        true,
      ]);
    }
    const missing = ["COLLATE_TYPE", expect.stringContaining('"age" is null in entry 0'), 0, true];
    expect(told([{ age: null }, { age: 1 }])).toEqual(missing);
    expect(told([{ age: null }], { age: { type: "int32", nullable: true } })).toEqual(missing);
    expect(told([{ age: null }], { age: { type: "date" } })).toEqual(missing);
    expect(told([[Float32Array.of(1)], [null]])).toEqual(
      expect.arrayContaining([expect.stringContaining('"[0]" is null in entry 1')]),
    );
    expect(told([{ note: "a" }, { note: 3 }], fields)).toEqual([
      "COLLATE_MISMATCH",
      '"note" is declared to be a string, but is a number in entry 1',
      1,
      false,
    ]);
  });
});

describe("defaultConvert", () => {
  it("makes typed arrays NdArrays, without a copy, and leaves everything else", () => {
    const pixels = Uint8Array.of(1, 2);
    const date = new Date(0);
    const pinned = { pin: () => 1, data: pixels };
    const array = ndarray(Float32Array.of(1));
    const converted = defaultConvert({
      pixels,
      label: 3,
      name: "x",
      date,
      none: null,
      pinned,
      array,
      big: 2n,
    });
    expect(converted).toEqual({
      pixels: ndarray(pixels),
      label: 3,
      name: "x",
      date,
      none: null,
      pinned,
      array,
      big: 2n,
    });
    expect((converted as { pixels: NdArray }).pixels.data).toBe(pixels);
    expect((converted as { pinned: unknown }).pinned).toBe(pinned);
    expect([0, true, "x", undefined].map(defaultConvert)).toEqual([0, true, "x", undefined]);
  });

  // torch: test_default_convert_mapping_keep_type, test_default_convert_sequence_keep_type.
  it("keeps the class of lists and Maps", () => {
    class Pair extends Array<unknown> {}
    class Fields extends Map<string, unknown> {}
    const pair = defaultConvert(Pair.from([Int8Array.of(1), 2])) as Pair;
    expect(pair).toBeInstanceOf(Pair);
    expect([...pair]).toEqual([ndarray(Int8Array.of(1)), 2]);
    const fields = defaultConvert(new Fields([["a", Int8Array.of(1)]])) as Fields;
    expect(fields).toBeInstanceOf(Fields);
    expect(fields.get("a")).toEqual(ndarray(Int8Array.of(1)));
  });
});
