/** What is read of pages, and what takes it. */
import type { Encoding } from "hyparquet";
import type { PlainValues } from "../columnar/raw.js";

/** What of one page are values. */
export interface Content {
  readonly bytes: Uint8Array;
  readonly start: number;
  /** How many there must be. */
  readonly count: number;
  readonly encoding: Encoding;
}

/** Takes the values of one page after the other. Throws plain Errors. */
export interface ValueStore {
  /** `at` is the number of those before. */
  take(content: Content, at: number): void;
  /** Values by their places in `dictionary`. */
  lookUp(dictionary: PlainValues, codes: Int32Array, at: number): void;
  finish(count: number): PlainValues;
}

export function outside(code: number): Error {
  return new Error(`a value is number ${code} of a dictionary that has fewer`);
}
