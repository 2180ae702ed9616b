/** Records: what goes in comes out, and what cannot is refused by name. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ndarray, type TypedArray, zeros } from "../../contracts/ndarray.js";
import { decode } from "./decode.js";
import { encode } from "./encode.js";
import { arrayTypes, Schemas } from "./record.js";

const through = (sample: unknown): unknown => decode(encode(sample), new Schemas());

const typedArray = fc
  .tuple(fc.constantFrom(...Object.values(arrayTypes)), fc.uint8Array({ maxLength: 64 }))
  .map(([Type, { buffer, length }]) => {
    const size = Math.floor(length / Type.BYTES_PER_ELEMENT);
    return new (Type as unknown as new (buffer: ArrayBufferLike, at: number, length: number) => TypedArray)(
      buffer,
      0,
      size,
    );
  });

const value = fc.letrec((tie) => ({
  leaf: fc.oneof(
    fc.double(),
    fc.integer(),
    fc.boolean(),
    fc.string({ unit: "binary" }),
    fc.string({ unit: "grapheme" }),
    fc.constant("\ud800 alone"),
    fc.bigInt(),
    fc.constant(null),
    fc.constant(undefined),
    typedArray,
    typedArray
      .filter((data) => !(data instanceof BigInt64Array || data instanceof BigUint64Array))
      .map((data) => ndarray(data, [1, data.length])),
    fc.array(fc.double()),
  ),
  node: fc.oneof(
    { maxDepth: 4 },
    tie("leaf"),
    fc.array(tie("node"), { maxLength: 5 }),
    fc.dictionary(fc.string(), tie("node"), { maxKeys: 5 }),
  ),
})).node;

describe("a record", () => {
  it("gives back any sample exactly: values, element types, shapes, order of keys, prototypes", () => {
    fc.assert(
      fc.property(value, (sample) => {
        const back = through(sample);
        expect(back).toStrictEqual(sample);
        const keys = (_key: string, field: unknown): unknown =>
          typeof field === "bigint"
            ? `${field}n`
            : ArrayBuffer.isView(field)
              ? field.constructor.name
              : field;
        expect(JSON.stringify(back, keys)).toBe(JSON.stringify(sample, keys));
      }),
      { numRuns: 500 },
    );
  });

  it("tells −0, NaN and the infinities apart", () => {
    const sample = [-0, 0, NaN, Infinity, -Infinity, Number.MIN_VALUE];
    expect((through(sample) as number[]).every((item, i) => Object.is(item, sample[i]))).toBe(true);
    expect(Object.is(through(-0), -0)).toBe(true);
  });

  it("keeps a Buffer a Buffer, and views at odd offsets of larger memory", () => {
    const bytes = Buffer.from("0123456789abcdef");
    expect(through(bytes)).toStrictEqual(bytes);
    const odd = new Uint8Array(bytes.buffer, bytes.byteOffset + 3, 5);
    expect(through({ odd })).toStrictEqual({ odd: new Uint8Array(Buffer.from("34567")) });
    const shared = new Float32Array(new SharedArrayBuffer(16)).fill(2);
    expect(through(shared)).toStrictEqual(new Float32Array(4).fill(2));
  });

  it("is not changed by whoever writes to what came out of it", () => {
    const schemas = new Schemas();
    const record = encode({ image: zeros("uint8", [2, 2]) });
    const first = decode(Buffer.from(record), schemas) as { image: { shape: number[] } };
    first.image.shape[0] = 99;
    expect(decode(record, schemas)).toEqual({ image: zeros("uint8", [2, 2]) });
  });

  it.each([
    [{ a: { when: new Date(0) } }, '"a.when" is an instance of Date'],
    [{ list: [1, "x", () => 1] }, '"list[2]" is a function'],
    [Symbol("s"), "the sample is a symbol"],
    [{ view: new DataView(new ArrayBuffer(4)) }, '"view" is a DataView'],
    [new Map([["a", 1]]), "the sample is an instance of Map"],
    [{ bytes: new ArrayBuffer(4) }, '"bytes" is an instance of ArrayBuffer'],
    [{ [Symbol.for("hidden")]: 1 }, "is a field whose name is a symbol"],
    [[1, new URL("file:///x")], '"[1]" is an instance of URL'],
    [Object.assign([1], { extra: 1 }), "the sample is an array with other fields than its items"],
    [new Array(3), "the sample is an array with other fields than its items"],
  ])("refuses what it cannot give back: case %#", (sample, message) => {
    expect(() => encode(sample)).toThrow(expect.objectContaining({ code: "CACHE_VALUE" }));
    expect(() => encode(sample)).toThrow(message);
  });

  it("refuses values that contain themselves", () => {
    const round: { self?: unknown } = {};
    round.self = round;
    expect(() => encode(round)).toThrow("nested more than 64 deep");
  });

  it("has one schema for samples of one structure, whatever their values", () => {
    const schemas = new Schemas();
    const samples = [
      { image: zeros("uint8", [3, 3]), label: 1, name: "a" },
      { image: zeros("uint8", [3, 3]), label: 2.5, name: "söme lönger näme ☃" },
    ];
    const [a, b] = samples.map((sample) => schemas.of(encode(sample)));
    expect(a).toBe(b);
    expect(schemas.of(encode({ ...samples[0], image: zeros("uint8", [3, 4]) }))).not.toBe(a);
  });
});
