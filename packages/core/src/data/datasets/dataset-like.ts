/** What the datasets of datasets share: what they take for a dataset, and the rule for indices. */
import type { Dataset } from "../../contracts/dataset.js";
import { isStreamLike } from "../../contracts/iterable.js";
import { isNdArray } from "../../contracts/ndarray.js";
import { MillraceError } from "../../errors.js";
import { kindOf } from "../collate.js";
import { fromArray } from "./array.js";

/** A map-style dataset, or an array of samples, which works as it is. */
export type DatasetLike<S = unknown> = Dataset<S> | readonly S[];

/** The samples of a dataset, or of an array. */
export type SampleOf<D> = D extends Dataset<infer S> ? S : D extends readonly (infer S)[] ? S : unknown;

/**
 * The dataset itself, or that of an array.
 * @param what the name of the value in a message.
 * @throws MillraceError OPTION_INVALID for a stream, or for what is no dataset.
 */
export function asDataset<S>(value: DatasetLike<S>, what: string): Dataset<S> {
  if (isArray(value)) return fromArray(value);
  if (isDataset<S>(value)) return value;
  const stream = isStreamLike(value);
  throw new MillraceError(
    "OPTION_INVALID",
    `${what} must be a map-style dataset, was ${stream ? "a stream" : kindOf(value)}`,
    {
      hint: stream
        ? "Streams are joined by ChainDataset or mixStreams."
        : ArrayBuffer.isView(value) || isNdArray(value)
          ? "Wrap it: `new TensorDataset(array)` has a sample per element, or per row of `ndarray(array, [rows, …])`."
          : "Give it `length` and `get(index)`.",
    },
  );
}

/** True for what has samples by index. */
export function isDataset<S>(value: unknown): value is Dataset<S> {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as Partial<Dataset>).get === "function" &&
    "length" in value
  );
}

// Array.isArray does not narrow a readonly array.
function isArray<S>(value: DatasetLike<S>): value is readonly S[] {
  return Array.isArray(value);
}
