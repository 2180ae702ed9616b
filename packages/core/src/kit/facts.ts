/** Numbers of the data in the options of plugins: `{ "from": "vocabulary.size" }` instead of the number itself. */
import { z } from "zod";
import type { DatasetFacts } from "../contracts/dataset.js";
import { MillraceError } from "../errors.js";
import { didYouMean } from "../suggest.js";

/** Stands for a number that is known once the data is: `labels.count`, `features.count`, whatever transforms add. */
export interface FactReference {
  readonly from: string;
}

export const factReference = z
  .strictObject({
    from: z.string().min(1).describe("the fact's name, such as labels.count or vocabulary.size"),
  })
  .describe("a fact of the data that is a number");

/** A number, by its own schema, or the fact that it shall be; `resolveFacts` makes numbers of all. */
export function numberOrFact<S extends z.ZodType<number>>(number: S): z.ZodUnion<[S, typeof factReference]> {
  return z.union([number, factReference]);
}

/** T with a number wherever it may have a reference to one. */
export type WithFacts<T> = T extends FactReference
  ? number
  : T extends readonly unknown[] | object
    ? { [K in keyof T]: WithFacts<T[K]> }
    : T;

/** What a fact has beside its name that is no number of the data: the types of fields, and a model's inputs. */
const noFacts = new Set(["fields", "shape", "dtype", "inputs"]);

/**
 * Every number that is known of the data, by name: of a list its `count`, of an object what it holds, such as
 * `vocabulary.size`. `facts` may be what a model's `build` is given as its input.
 */
export function knownFacts(facts: DatasetFacts): ReadonlyMap<string, number> {
  const own = Object.entries(facts).filter(([name]) => !noFacts.has(name));
  return new Map(own.flatMap(([name, value]) => [...numbersIn(name, value)]));
}

function* numbersIn(name: string, value: unknown): Generator<[string, number]> {
  if (typeof value === "number") yield [name, value];
  else if (Array.isArray(value)) yield [`${name}.count`, value.length];
  else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) yield* numbersIn(`${name}.${key}`, inner);
  }
}

/**
 * `value`, such as a plugin's options, with the number in place of every reference to a fact.
 * @throws MillraceError FACT_UNKNOWN for facts that the data has not, each with its path in `value`.
 */
export function resolveFacts<T>(value: T, facts: DatasetFacts): WithFacts<T> {
  const faults: MillraceError[] = [];
  const resolved = resolve(value, { known: knownFacts(facts), faults }, []);
  if (faults.length > 0)
    throw MillraceError.several(faults, "the data has not all the facts that are asked for:");
  return resolved as WithFacts<T>;
}

interface Resolving {
  readonly known: ReadonlyMap<string, number>;
  readonly faults: MillraceError[];
}

function resolve(value: unknown, resolving: Resolving, path: readonly (string | number)[]): unknown {
  if (Array.isArray(value)) return value.map((item, i) => resolve(item, resolving, [...path, i]));
  if (!isPlain(value)) return value;
  if (isReference(value)) {
    const number = resolving.known.get(value.from);
    if (number === undefined) resolving.faults.push(unknown(value.from, resolving.known, path));
    return number;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, resolve(item, resolving, [...path, key])]),
  );
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** `{ from: 3 }` is none: `from` is a word that fields may be called. */
function isReference(value: Readonly<Record<string, unknown>>): value is Readonly<Record<"from", string>> {
  return typeof value.from === "string" && Object.keys(value).length === 1;
}

function unknown(
  name: string,
  known: ReadonlyMap<string, number>,
  path: readonly (string | number)[],
): MillraceError {
  const names = [...known.keys()];
  const there = names.length === 0 ? "there are none" : `there are ${names.join(", ")}`;
  return new MillraceError(
    "FACT_UNKNOWN",
    `"from" must name a fact of the data, was "${name}"${didYouMean(name, names)}; ${there}`,
    {
      hint: "Write the number itself, or take a source or a transform that knows it.",
      path: [...path, "from"],
    },
  );
}
