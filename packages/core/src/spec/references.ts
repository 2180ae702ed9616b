/** Specs that refer to the environment: what of it is put in when a spec is checked, and what only where it is used. */
import { z } from "zod";
import { type Environment, expandText, missingVariables } from "../kit/environment.js";
import type { SpecReference, SpecText } from "./read.js";
import { valueAt } from "./known.js";
import { define } from "./tree.js";

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

export interface ReferenceOptions {
  readonly environment?: Environment;
  /** True where a variable that is not set is a fault only once something needs it, as after training. */
  readonly later?: boolean;
}

/** A spec that was asked of the schema. */
export interface Checked<T> {
  readonly parsed: z.ZodSafeParseResult<T>;
  /** The references that the environment's values took the place of. */
  readonly replaced: readonly SpecReference[];
  /** Variables that are needed and not set, each with where it is asked for. */
  readonly missing: readonly { readonly name: string; readonly path: SpecReference["path"] }[];
}

/**
 * Asks the schema. References within the options of plugins stay what they are, to be put in where the plugin is made: so no
 * secret stands in what is logged, kept or told. Values take their place where they stand elsewhere, and where the schema
 * takes no such text: a word of a few, or a number, as which a variable's text is read then.
 */
export function checkReferences<S extends z.ZodType>(
  schema: S,
  { value: written, references }: Pick<SpecText, "value" | "references">,
  { environment = process.env, later = false }: ReferenceOptions = {},
): Checked<z.output<S>> {
  let value = written;
  const replaced = new Set<SpecReference>();
  const isKnown = ({ text }: SpecReference) => missingVariables(text, environment).length === 0;
  const put = (reference: SpecReference, made: unknown): void => {
    replaced.add(reference);
    value = withValue(value, reference.path, made);
  };
  const textOf = ({ text, path }: SpecReference) => expandText(text, path, environment);
  const known = references.filter(isKnown);
  for (const each of known) if (!each.path.includes("with")) put(each, textOf(each));
  let parsed = schema.safeParse(value);
  for (const read of [(text: string) => text, plainValue]) {
    const refused = known.filter((each) => isRefused(each, parsed));
    if (refused.length === 0) break;
    for (const each of refused) put(each, read(textOf(each)));
    parsed = schema.safeParse(value);
  }
  const missing = references
    .filter((each) => !isKnown(each) && (!later || isRefused(each, parsed)))
    .flatMap(({ text, path }) => missingVariables(text, environment).map((name) => ({ name, path })));
  return { parsed, replaced: [...replaced], missing };
}

/** A spec as it is kept: with the references in place of the values that were put in. */
export function kept<T>(spec: T, replaced: readonly SpecReference[]): T {
  return replaced.reduce<unknown>((value, { path, text }) => withValue(value, path, text), spec) as T;
}

function isRefused({ path }: SpecReference, { error }: z.ZodSafeParseResult<unknown>): boolean {
  return (error?.issues ?? []).some((issue) => isAbout(issue, path));
}

/** True if the issue is that of the value at `path` itself, not of something around it. */
function isAbout(issue: Issue, path: Path): boolean {
  const isWithin = issue.path.every((key, i) => path[i] === key);
  if (!isWithin) return false;
  if (issue.path.length === path.length) return true;
  const rest = path.slice(issue.path.length);
  return (
    issue.code === "invalid_union" &&
    issue.errors.some((branch) => branch.some((each) => isAbout(each, rest)))
  );
}

/** A number, true, false or null where the text is one. */
function plainValue(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? text : value;
  } catch {
    return text;
  }
}

/** The same value with another at a path; the value itself where the path leads nowhere. */
export function withValue(value: unknown, path: Path, made: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return made;
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return value;
  const copy: object = Array.isArray(value) ? [...(value as unknown[])] : { ...value };
  define(copy, String(key), withValue(valueAt(value, [key]), rest, made));
  return copy;
}
