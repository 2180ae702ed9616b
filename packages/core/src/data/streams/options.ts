/** The rules that options of streams keep, and what is said of streams that are made of others. */
import type { FieldTypes } from "../../contracts/dataset.js";
import type { IterableDataset, StreamLike } from "../../contracts/iterable.js";
import { MillraceError } from "../../errors.js";
import { eitherFields } from "../field-types.js";

/** @throws MillraceError OPTION_INVALID unless `value` is a whole number from `least`. */
export function requireWhole(value: number, name: string, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new MillraceError(
    "OPTION_INVALID",
    `${name} must be a whole number of at least ${least}, was ${String(value)}`,
  );
}

/** What a stream says of itself, in the description of another that is made of it. */
export function describeStream(stream: StreamLike): string {
  return (stream as { readonly description?: string }).description ?? "a stream";
}

/** What holds of samples that come from any of these. */
export function fieldsOf(streams: readonly StreamLike[]): FieldTypes | undefined {
  const [first, ...others] = streams.map(
    (stream) => (stream as Partial<IterableDataset> | undefined)?.fields,
  );
  if (first === undefined) return undefined;
  return others.reduce<FieldTypes>((fields, other = {}) => eitherFields(fields, other), first);
}
