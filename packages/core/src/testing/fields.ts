/** The law of declared fields: samples and batches hold what `Dataset.fields` says of them. */
import type { Dataset, FieldType, FieldTypes } from "../contracts/dataset.js";
import type { IterableDataset } from "../contracts/iterable.js";
import { arrayConstructors, dtypeOf, isNdArray, isTypedArray } from "../contracts/ndarray.js";
import { kindOf } from "../data/collate/kinds.js";
import { defaultCollate, heapAllocator } from "../data/collate.js";
import { fieldTypesOf, looseNumbers } from "../data/field-types.js";
import { thrownBy } from "./plugin.js";
import { readAll } from "./read.js";
import { expect } from "./expect.js";
import { it } from "./harness.js";

export function testFields(open: () => Promise<Dataset | IterableDataset>): void {
  it("has one element type for each number that is in no array, and all of its values fit", async () => {
    const dataset = await open();
    const samples = await readAll(dataset);
    if (samples.length === 0) return;
    const fields = fieldTypesOf(dataset);
    const missing = looseNumbers(samples[0]).filter(({ path }) => !(path in fields));
    expect(
      missing.map(({ path }) => path),
      "fields without a type: declare them in `fields`",
    ).toEqual([]);
    // What differs from sample to sample in its size is padded, or stays alone.
    const isRagged = Object.values(fields).some(({ shape = [] }) => shape.includes(null));
    const batches = isRagged ? samples.map((sample) => [sample]) : [samples];
    for (const batch of batches)
      expect(await thrownBy(() => defaultCollate(batch, heapAllocator, fields))).toBeUndefined();
  });

  it("has samples, and batches of them, that hold what it declares", async () => {
    const dataset = await open();
    const samples = await readAll(dataset);
    const fields = dataset.fields ?? {};
    const found = samples.flatMap((sample, index) =>
      Object.entries(fields).flatMap(([path, type]) => {
        const fault = faultIn(valueAt(sample, path), type);
        return fault === undefined ? [] : [`"${path}" of sample ${index} ${fault}`];
      }),
    );
    expect(found.length > 0 ? found : batchFaults(samples, fields)).toEqual([]);
  });
}

/** What batches of one sample each hold otherwise than is declared: a type that depends on the batch shows here. */
function batchFaults(samples: readonly unknown[], fields: FieldTypes): string[] {
  const found = new Set<string>();
  for (const sample of samples) {
    const batch: unknown = defaultCollate([sample], heapAllocator, fields);
    for (const [path, { type }] of Object.entries(fields)) {
      const column = valueAt(batch, path);
      const expected = type === "date" ? "float64" : type;
      if (
        Object.hasOwn(arrayConstructors, expected) &&
        (column as { dtype?: unknown } | undefined)?.dtype !== expected
      )
        found.add(`"${path}" must be ${expected} in every batch, was ${kindOf(column)}`);
    }
  }
  return [...found];
}

function valueAt(sample: unknown, path: string): unknown {
  if (path === "") return sample;
  // A name may have dots of its own.
  if (typeof sample === "object" && sample !== null && Object.hasOwn(sample, path))
    return (sample as Record<string, unknown>)[path];
  const steps = path.match(/[^.[\]]+/g) ?? [];
  return steps.reduce<unknown>((value, step) => {
    if (typeof value !== "object" || value === null) return undefined;
    return value instanceof Map ? value.get(step) : (value as Record<string, unknown>)[step];
  }, sample);
}

/** How a value departs from its type; undefined where it does not. */
function faultIn(value: unknown, { type, shape = [], nullable = false }: FieldType): string | undefined {
  if (value === null && shape.length === 0)
    return nullable ? undefined : "is null, but its field is not declared nullable";
  const was = `, was ${kindOf(value)}`;
  switch (type) {
    case "text":
      return typeof value === "string" ? undefined : `must be a text${was}`;
    case "bytes":
      return value instanceof Uint8Array ? undefined : `must be a Uint8Array${was}`;
    case "date":
      return typeof value === "number" ? undefined : `must be UTC seconds${was}`;
    case "image":
      return isNdArray(value) ? undefined : `must be an image${was}`;
    default:
      return shape.length === 0 ? looseFault(value, was) : arrayFault(value, type, shape, was);
  }
}

function looseFault(value: unknown, was: string): string | undefined {
  const isLoose = ["number", "bigint", "boolean"].includes(typeof value);
  return isLoose || (isNdArray(value) && value.shape.length === 0) ? undefined : `must be a number${was}`;
}

function arrayFault(
  value: unknown,
  type: string,
  shape: NonNullable<FieldType["shape"]>,
  was: string,
): string | undefined {
  if (!isNdArray(value) && !isTypedArray(value)) return `must be an array${was}`;
  const own = isNdArray(value) ? value.shape : [value.length];
  const dtype = isNdArray(value) ? value.dtype : dtypeOf(value);
  const fits =
    own.length === shape.length && own.every((extent, i) => shape[i] === null || shape[i] === extent);
  return fits && dtype === type ? undefined : `must be ${type} [${shape.join(", ")}]${was}`;
}
