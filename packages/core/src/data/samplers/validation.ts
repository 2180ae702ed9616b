/** The checks that the samplers' constructors share; each raises OPTION_INVALID with the rule and the value received. */
import type { Sampler } from "../../contracts/sampler.js";
import { MillraceError } from "../../errors.js";
import { Generator } from "../generator.js";

/** Where a sampler's random numbers come from: one or the other. */
export interface Randomness {
  /** Drawn from in passing, as torch does: each pass goes on where the last one stopped, whatever its epoch. */
  readonly generator?: Generator | undefined;
  /** Default 0. Without a generator, an epoch's order is what torch gives with a new generator at `seed + epoch`. */
  readonly seed?: number | undefined;
}

/** The seed to use, once `randomness` is known to be sound. */
export function checkRandomness({ generator, seed }: Randomness): number {
  if (generator === undefined) return checkSeed(seed ?? 0);
  if (!(generator instanceof Generator)) invalid(`generator must be a Generator, was ${shown(generator)}`);
  if (seed !== undefined) {
    invalid(`a sampler takes a generator or a seed, not both; seed was ${shown(seed)}`, "Leave one out.");
  }
  return 0;
}

export function checkSeed(seed: number): number {
  if (!Number.isSafeInteger(seed)) invalid(`seed must be a whole number, was ${shown(seed)}`);
  return seed;
}

export function checkPositiveInteger(name: string, value: number): number {
  if (!(Number.isSafeInteger(value) && value > 0)) {
    invalid(`${name} must be a positive whole number, was ${shown(value)}`);
  }
  return value;
}

export function checkBoolean(name: string, value: boolean): boolean {
  if (typeof value !== "boolean") invalid(`${name} must be true or false, was ${shown(value)}`);
  return value;
}

/** A copy of one finite number ≥ 0 per sample. */
export function checkNonNegativeNumbers(name: string, values: ArrayLike<number>): Float64Array {
  checkSequence(name, values);
  const numbers = new Float64Array(values.length);
  for (let i = 0; i < numbers.length; i++) {
    const value: unknown = values[i];
    if (!(typeof value === "number" && value >= 0 && value < Infinity)) {
      invalid(`${name} must be finite numbers of at least 0, was ${shown(value)} at ${i}`);
    }
    numbers[i] = value;
  }
  return numbers;
}

/** An array or typed array, of any elements. */
export function checkSequence(name: string, values: ArrayLike<unknown>): void {
  const sequence = Array.isArray(values) || (ArrayBuffer.isView(values) && !(values instanceof DataView));
  if (!sequence) invalid(`${name} must be an array with one element per sample, was ${shown(values)}`);
}

/** Something with a length, of which a sampler reads nothing else. */
export function checkSized(dataset: { readonly length: number }): void {
  const length: unknown = (dataset as { readonly length?: unknown } | null | undefined)?.length;
  if (Number.isSafeInteger(length) && (length as number) >= 0) return;
  invalid(
    `a sampler needs a dataset whose length is a whole number, was ${shown(length)}`,
    "An iterable dataset has no indices to sample: let it choose its own order.",
  );
}

/** A sampler, or what can be iterated anew for each epoch; `name` is what messages call it. */
export function checkRepeatable(
  name: string,
  order: unknown,
  raise: (message: string, hint: string) => Error = (message, hint) =>
    new MillraceError("OPTION_INVALID", message, { hint }),
): void {
  if (isSampler(order)) return;
  if (typeof (order as Partial<Iterable<number>> | null | undefined)?.[Symbol.iterator] !== "function") {
    throw raise(
      `${name} must be a sampler, or an iterable of what it yields, was ${shown(order)}`,
      "Give a sampler, or an array.",
    );
  }
  if (!("next" in Object(order))) return;
  throw raise(
    `${name} must be readable once per epoch, was an iterator that can be read only once`,
    "Give an array of its values, or an object whose [Symbol.iterator] starts over.",
  );
}

/** What an epoch yields without its first `from` items. */
export function itemsFrom<T>(order: Sampler<T> | Iterable<T>, epoch: number, from: number): Iterable<T> {
  if (isSampler<T>(order)) {
    return from > 0
      ? (order.indicesFrom?.(epoch, from) ?? rest(order.indices(epoch), from))
      : order.indices(epoch);
  }
  if (from === 0) return order;
  if (order instanceof Int32Array) return order.subarray(from) as Iterable<never>;
  return Array.isArray(order) ? order.slice(from) : rest(order, from);
}

function* rest<T>(items: Iterable<T>, from: number): Iterable<T> {
  let place = 0;
  for (const item of items) if (place++ >= from) yield item;
}

/** True for what has an order for each epoch. */
export function isSampler<T>(order: unknown): order is Sampler<T> {
  return typeof (order as Partial<Sampler> | null | undefined)?.indices === "function";
}

export function invalid(message: string, hint?: string): never {
  throw new MillraceError("OPTION_INVALID", message, { hint });
}

/** A value as a message shows it: what it is, never pages of it. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (Array.isArray(value)) return `an array of length ${value.length}`;
  if (typeof value === "object" && value !== null)
    return `an object (${value.constructor?.name ?? "Object"})`;
  if (typeof value === "bigint") return `${value}n`;
  return typeof value === "function" ? "a function" : String(value);
}
