/** Sequences of different lengths as one column: what a batch of tokenized texts is, before it is padded. */
import { isTypedArray, type NdArray, type TypedArray } from "./ndarray.js";

/** Sequence i is `data` from `starts[i]` on, `lengths[i]` elements of it. They may lie in any order, with gaps between them. */
export interface Ragged {
  readonly data: TypedArray;
  readonly starts: Int32Array;
  readonly lengths: Int32Array;
}

/** The columns of a batch, of which some may be ragged. */
export type RaggedColumns = Readonly<Record<string, NdArray | Ragged | readonly unknown[]>>;

export function isRagged(column: unknown): column is Ragged {
  if (typeof column !== "object" || column === null) return false;
  const { data, starts, lengths } = column as Partial<Ragged>;
  return isTypedArray(data) && starts instanceof Int32Array && lengths instanceof Int32Array;
}
