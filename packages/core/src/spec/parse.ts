/** Checks a spec against the composed schema: every fault in one report, each with file, line and column. */
import { z } from "zod";
import { MillraceError } from "../errors.js";
import { type Plugin, type PluginKind, pluginKinds } from "../plugin/plugin.js";
import type { Registry } from "../plugin/registry.js";
import { didYouMean } from "../suggest.js";
import type { SpecText } from "./read.js";
import { type Spec, specSchema } from "./schema.js";

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** The plugins that a spec asks for, read before the rest can be checked. */
export function pluginsOf(text: SpecText): string[] {
  const parsed = z.looseObject({ plugins: z.array(z.string().min(1)).default([]) }).safeParse(text.value);
  return parsed.success ? parsed.data.plugins : [];
}

/** @throws MillraceError SPEC_INVALID whose details are lines like `spec.json:12:17 loader.batchSize: must be …`. */
export function parseSpec(text: SpecText, registry: Registry): Spec {
  const parsed = specSchema(registry).safeParse(text.value);
  if (parsed.success && text.faults.length === 0) return parsed.data;
  const issues = parsed.error?.issues ?? [];
  throw specInvalid(text, [...text.faults, ...issues.flatMap((issue) => faults(issue, text, registry))]);
}

/** One error for the faults found, in the order of their lines. */
export function specInvalid(text: SpecText, found: readonly string[]): MillraceError {
  const count = found.length === 1 ? "1 fault" : `${found.length} faults`;
  return new MillraceError("SPEC_INVALID", `${text.name} has ${count}:`, {
    details: [...found].sort(byPosition),
  });
}

function faults(issue: Issue, text: SpecText, registry: Registry): string[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      const hint = didYouMean(key, knownKeys(issue.path, text, registry));
      return `${text.locateKey(path)} ${pathText(path)}: is not an option here${hint}`;
    });
  }
  if (issue.code === "invalid_union" && issue.path.at(-1) === "use") {
    return [line(text, issue.path, unknownName(issue.path, text, registry))];
  }
  const deeper = issue.code === "invalid_union" ? onlyFitting(issue) : undefined;
  if (deeper !== undefined)
    return deeper.flatMap((each) => faults({ ...each, path: [...issue.path, ...each.path] }, text, registry));
  return [line(text, issue.path, messageOf(issue, valueAt(text.value, issue.path)))];
}

/** The faults in the one branch of a union that takes values of this kind at all, where they lie inside of the value. */
function onlyFitting({ errors }: z.core.$ZodIssueInvalidUnion): readonly Issue[] | undefined {
  const fitting = errors.filter(
    (branch) => !branch.some(({ code, path }) => code === "invalid_type" && path.length === 0),
  );
  const [only] = fitting;
  if (fitting.length !== 1) return undefined;
  return only.some(({ code, path }) => path.length > 0 || code === "unrecognized_keys") ? only : undefined;
}

function line(text: SpecText, path: Path, message: string): string {
  return `${text.locate(path)} ${pathText(path)}${path.length > 0 ? ": " : ""}${message}`;
}

/** `transforms[0].with.width` */
export function pathText(path: Path): string {
  return path
    .map((key, i) => (typeof key === "number" ? `[${key}]` : `${i > 0 ? "." : ""}${String(key)}`))
    .join("");
}

function messageOf(issue: Issue, received: unknown): string {
  if (received === undefined) {
    return issue.code === "invalid_type" || issue.code === "invalid_union" || issue.code === "invalid_value"
      ? "is required"
      : issue.message;
  }
  return `${rule(issue)}, was ${JSON.stringify(received)}${meant(issue, received)}`;
}

/** "did you mean", where one of a few words was to stand and another does. */
function meant(issue: Issue, received: unknown): string {
  return typeof received === "string" ? didYouMean(received, wordsOf(issue)) : "";
}

/** The words that might stand there, where only some might. */
function wordsOf(issue: Issue): string[] {
  const values =
    issue.code === "invalid_value"
      ? issue.values
      : issue.code === "invalid_union"
        ? (kindsOf(issue) ?? issue.errors.flat().flatMap((each) => wordsOf(each)))
        : issue.code === "custom"
          ? ((issue.params?.words as readonly unknown[] | undefined) ?? [])
          : [];
  return values.filter((word) => typeof word === "string");
}

function rule(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      // A kind of which nothing is registered accepts no value at all.
      return issue.expected === "never" ? issue.message : `must be ${article(issue.expected)}`;
    case "too_small":
      return `must be ${issue.inclusive ? "at least" : "more than"} ${issue.minimum}${unit(issue.origin)}`;
    case "too_big":
      return `must be ${issue.inclusive ? "at most" : "less than"} ${issue.maximum}${unit(issue.origin)}`;
    case "invalid_value":
      return `must be ${issue.values.map((value) => JSON.stringify(value)).join(" or ")}`;
    case "invalid_union":
      return unionRule(issue);
    default:
      return issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
  }
}

/** The words that tell the branches of a union apart, where words do. */
function kindsOf(issue: z.core.$ZodIssueInvalidUnion): readonly unknown[] | undefined {
  return (issue as { readonly options?: readonly unknown[] }).options;
}

/** "must be a number or "auto"", where each branch says so little; what it says itself otherwise. */
function unionRule(issue: z.core.$ZodIssueInvalidUnion): string {
  const { errors, message } = issue;
  const kinds = kindsOf(issue);
  if (kinds !== undefined) return `must be ${kinds.map((kind) => JSON.stringify(kind)).join(" or ")}`;
  const rules = errors.map((branch) =>
    branch.length === 1 && branch[0].path.length === 0 ? rule(branch[0]) : "",
  );
  if (rules.length > 0 && rules.every((each) => each.startsWith("must be ")))
    return `must be ${[...new Set(rules)].map((each) => each.slice("must be ".length)).join(" or ")}`;
  return message.charAt(0).toLowerCase() + message.slice(1);
}

function article(type: string): string {
  if (type === "int") return "a whole number";
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

function unit(origin: string): string {
  if (origin === "string") return " characters long";
  return origin === "array" || origin === "set" ? " entries long" : "";
}

function unknownName(path: Path, text: SpecText, registry: Registry): string {
  const kind = kindAt(path);
  const received = valueAt(text.value, path);
  const names = kind === undefined ? [] : registry.names(kind);
  if (typeof received !== "string") {
    const what = received === undefined ? "is required" : `must be a string, was ${JSON.stringify(received)}`;
    return `${what}: one of ${names.join(", ")}`;
  }
  return `no ${kind} is named "${received}"${didYouMean(received, names)}; known: ${names.join(", ")}`;
}

/** Which kind of plugin stands at a path: `transforms[2].use` is a transform. */
function kindAt(path: Path): PluginKind | undefined {
  const key = path.findLast((part) => typeof part === "string" && part !== "use" && part !== "with");
  const word = key === "validationSource" ? "source" : String(key).replace(/s$/, "");
  return pluginKinds.find((kind) => kind === word);
}

/** What stands beside `use` and `with` in these lists. */
const besidePlugin: Readonly<Record<string, readonly string[]>> = {
  transforms: ["only"],
  sources: ["transforms", "weight"],
};

/** The option names that are known at a path, for "did you mean". */
function knownKeys(path: Path, text: SpecText, registry: Registry): string[] {
  if (pluginAt(path, text, registry) !== undefined)
    return ["use", "with", ...(besidePlugin[String(path.at(-2))] ?? [])];
  const at = path.lastIndexOf("with");
  const plugin = at < 0 ? undefined : pluginAt(path.slice(0, at), text, registry);
  let schemas: readonly unknown[] = [plugin?.options ?? specSchema(registry)];
  const start = plugin === undefined ? 0 : at + 1;
  for (let i = start; i <= path.length; i++) {
    const value = valueAt(text.value, path.slice(0, i));
    schemas = schemas.flatMap((schema) => branchesOf(schema, value));
    if (i < path.length) schemas = schemas.map((schema) => within(schema, path[i]));
  }
  return [...new Set(schemas.flatMap((schema) => Object.keys(shapeOf(schema) ?? {})))];
}

/** The branches of a union that have the `type` of `value`, or all; what is no union itself. */
function branchesOf(schema: unknown, value: unknown): readonly unknown[] {
  const inner = unwrapped(schema);
  if (!(inner instanceof z.ZodUnion)) return [inner];
  const type = (value as { readonly type?: unknown } | null | undefined)?.type;
  const branches = inner.options.flatMap((each) => branchesOf(each, value));
  const fitting = branches.filter((each) => {
    const literal = shapeOf(each)?.type;
    return literal instanceof z.ZodLiteral && literal.values.has(type as never);
  });
  return fitting.length > 0 ? fitting : branches;
}

function within(schema: unknown, key: PropertyKey): unknown {
  if (schema instanceof z.ZodRecord) return schema.valueType;
  return schema instanceof z.ZodArray ? schema.element : shapeOf(schema)?.[String(key)];
}

function pluginAt(path: Path, text: SpecText, registry: Registry): Plugin | undefined {
  const kind = kindAt(path);
  const name = (valueAt(text.value, path) as { use?: unknown } | undefined)?.use;
  return kind !== undefined && typeof name === "string" && registry.names(kind).includes(name)
    ? registry.get(kind, name)
    : undefined;
}

/** The fields of an object schema, looked for under defaults and optionals. */
function shapeOf(schema: unknown): Record<string, unknown> | undefined {
  const inner = unwrapped(schema);
  return inner instanceof z.ZodObject ? inner.shape : undefined;
}

function unwrapped(schema: unknown): unknown {
  let inner = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault) {
    inner = inner.unwrap();
  }
  return inner;
}

function valueAt(value: unknown, path: Path): unknown {
  let node = value;
  for (const key of path) node = (node as Record<PropertyKey, unknown> | null | undefined)?.[key];
  return node;
}

function byPosition(a: string, b: string): number {
  const [aLine, aColumn] = numbersOf(a);
  const [bLine, bColumn] = numbersOf(b);
  return aLine - bLine || aColumn - bColumn;
}

function numbersOf(fault: string): [number, number] {
  const match = /:(\d+):(\d+) /.exec(fault);
  return match === null ? [0, 0] : [Number(match[1]), Number(match[2])];
}
