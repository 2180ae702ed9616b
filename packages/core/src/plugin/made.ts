/** What `create` of a plugin returned, held against its kind before anything is asked of it. */
import { isStreamLike } from "../contracts/iterable.js";
import { arrayConstructors } from "../contracts/ndarray.js";
import { MillraceError } from "../errors.js";
import { didYouMean } from "../suggest.js";
import type { PluginKind } from "./plugin.js";

type Members = Readonly<Record<string, unknown>>;

/** Why the value is none of its kind; undefined where it is one. */
type Rule = (value: Members) => string | undefined;

const needs: { readonly [K in PluginKind]: { readonly what: string; readonly rule: Rule } } = {
  source: {
    what: "a dataset, { length, get(index) }, or a stream, { iterate(context) } or an async iterable",
    rule: (value) => (isStreamLike(value) ? undefined : (sizeFault(value) ?? lacks(value, "get"))),
  },
  transform: {
    what: "a function of a sample, or { apply, … }",
    rule: (value) => (isFunction(value) ? undefined : lacks(value, "apply")),
  },
  sampler: { what: "{ length, indices(epoch) }", rule: () => undefined },
  batchSampler: { what: "{ length, indices(epoch) } with lists of indices", rule: () => undefined },
  collate: {
    what: "a function of samples",
    rule: (value) => (isFunction(value) ? undefined : `was ${shownKind(value)}`),
  },
  model: {
    what: "{ engine, build }",
    rule: (value) => lacks(value, "build"),
  },
  trainer: { what: "{ fit, … }", rule: (value) => lacks(value, "fit") },
};

/**
 * `value`, where it is what plugins of this kind make.
 * @throws MillraceError PLUGIN_INVALID with the plugin's name, what it must make and what it made.
 */
export function checkMade<T>(kind: PluginKind, name: string, value: T): T {
  const { what, rule } = needs[kind];
  const isValue = (typeof value === "object" && value !== null) || isFunction(value);
  const why = isValue ? rule(value as Members) : `was ${shownKind(value)}`;
  if (why !== undefined) {
    throw new MillraceError(
      "PLUGIN_INVALID",
      `create of the ${kind} "${name}" must return ${what}, ${why}`,
      value === undefined
        ? { hint: "Does it lack a `return`, or brackets around an object behind `=>`?" }
        : {},
    );
  }
  if (kind === "source") checkFields(name, (value as Members).fields);
  return value;
}

function shownKind(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  const kind = Array.isArray(value) ? "array" : typeof value;
  return `${/^[aeo]/.test(kind) ? "an" : "a"} ${kind}`;
}

function isFunction(value: unknown): boolean {
  return typeof value === "function";
}

function lacks(value: Members, member: string): string | undefined {
  return isFunction(value[member]) ? undefined : `has no function \`${member}\``;
}

function sizeFault({ length }: Members): string | undefined {
  if (Number.isInteger(length) && (length as number) >= 0) return undefined;
  return length === undefined
    ? "has no `length`"
    : `has the \`length\` ${typeof length === "number" ? length : shownKind(length)}`;
}

const fieldTypes = [...Object.keys(arrayConstructors), "text", "bytes", "image", "date"];

/** A type that nobody knows would have no effect. */
function checkFields(name: string, fields: unknown): void {
  for (const [field, declared] of Object.entries(Object(fields) as object)) {
    const { type } = Object(declared) as { readonly type?: unknown };
    if (typeof type === "string" && fieldTypes.includes(type)) continue;
    const shown = typeof type === "string" ? `"${type}"${didYouMean(type, fieldTypes)}` : shownKind(type);
    throw new MillraceError(
      "PLUGIN_INVALID",
      `the field "${field}" of the source "${name}" must have a type that is known, was ${shown}`,
      { hint: `Known: ${fieldTypes.join(", ")}.` },
    );
  }
}
