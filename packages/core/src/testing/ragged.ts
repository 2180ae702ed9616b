/** Samples as columns with ragged ones, and back: what the suites hold the columns of plugins against. */
import { defaultCollate, heapAllocator, isPlainObject } from "../data/collate.js";
import { isTypedArray, type TypedArray } from "../contracts/ndarray.js";
import { isRagged, type Ragged, type RaggedColumns } from "../contracts/ragged.js";
import type { FieldTypes } from "../contracts/dataset.js";

/** The columns of samples, `ragged` ones as the last sequence first, with gaps; undefined where some are no typed arrays. */
export function columnsFrom(
  samples: readonly unknown[],
  ragged: readonly string[],
  fields?: FieldTypes,
): RaggedColumns | undefined {
  if (!samples.every(isPlainObject)) return undefined;
  const columns: Record<string, unknown> = {};
  for (const key of Object.keys(samples[0])) {
    const values = samples.map((sample) => sample[key]);
    if (!ragged.includes(key)) {
      const column = defaultCollate(
        values.map((value) => ({ [key]: value })),
        heapAllocator,
        fields,
      );
      columns[key] = column[key];
    } else if (values.every(isTypedArray)) columns[key] = raggedOf(values);
    else return undefined;
  }
  return columns as RaggedColumns;
}

function raggedOf(values: readonly TypedArray[]): Ragged {
  const size = values.reduce((sum, { length }) => sum + length + 1, 1);
  const data = new (values[0].constructor as new (length: number) => TypedArray)(size).fill(77);
  const starts = new Int32Array(values.length);
  let next = 1;
  for (let row = values.length - 1; row >= 0; row--) {
    starts[row] = next;
    data.set(values[row], next);
    next += values[row].length + 1;
  }
  return { data, starts, lengths: Int32Array.from(values, ({ length }) => length) };
}

/** The values of one sample in columns; ragged ones as typed arrays. */
export function rowOf(column: unknown, row: number): unknown {
  if (!isRagged(column)) return undefined;
  const { data, starts, lengths } = column;
  return data.slice(starts[row], starts[row] + lengths[row]);
}
