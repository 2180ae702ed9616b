/** Checks a spec against the composed schema: every fault in one report, each with file, line and column. */
import { z } from "zod";
import { MillraceError } from "../errors.js";
import { missingVariables, expandText } from "../kit/environment.js";
import type { Registry } from "../plugin/registry.js";
import { didYouMean } from "../suggest.js";
import { kindAt, knownKeys, typesWith, valueAt } from "./known.js";
import type { SpecText } from "./read.js";
import { checkReferences, kept, type ReferenceOptions } from "./references.js";
import { withPaths } from "./paths.js";
import { messageOf } from "./rules.js";
import { type Spec, specSchema } from "./schema.js";
import { pathText } from "./tree.js";

export { pathText } from "./tree.js";

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** A plugin that a spec asks for, and the file that says so. */
export interface PluginReference {
  readonly specifier: string;
  readonly path: readonly (string | number)[];
}

/** The plugins that a spec asks for, read before the rest can be checked. */
export function pluginsOf(text: SpecText, environment = process.env): PluginReference[] {
  const parsed = z.looseObject({ plugins: z.array(z.string().min(1)).default([]) }).safeParse(text.value);
  const written = parsed.success ? parsed.data.plugins : [];
  return written
    .map((specifier, i) => ({ specifier, path: ["plugins", i] }))
    .filter(({ specifier }) => missingVariables(specifier, environment).length === 0)
    .map(({ specifier, path }) => ({ specifier: expandText(specifier, path, environment), path }));
}

/** A spec that was checked, and the same as it is kept: with references to the environment, and no values of it. */
export interface ParsedSpec {
  readonly spec: Spec;
  readonly kept: Spec;
}

/** @throws MillraceError SPEC_INVALID whose details are lines like `spec.json:12:17 loader.batchSize: must be …`. */
export function parseSpec(text: SpecText, registry: Registry, options?: ReferenceOptions): Spec {
  return parseKept(text, registry, options).spec;
}

/** @throws MillraceError SPEC_INVALID */
export function parseKept(written: SpecText, registry: Registry, options?: ReferenceOptions): ParsedSpec {
  const text = withPaths(written, registry);
  const { parsed, replaced, missing } = checkReferences(specSchema(registry), text, options);
  const unset = missing.map(({ name, path }) =>
    line(
      text,
      path,
      `the variable ${name} of the environment must be set, was not. Set it where the run is started: ${name}=… millrace run spec.json`,
    ),
  );
  if (parsed.success && text.faults.length + unset.length === 0) {
    const { $schema: _, ...spec } = parsed.data;
    return { spec, kept: kept(spec, replaced) };
  }
  const issues = (parsed.error?.issues ?? []).filter(
    ({ path }) => !missing.some((each) => pathText(each.path) === pathText(path)),
  );
  const found = issues.flatMap((issue) => faults(issue, text, registry));
  throw specInvalid(text, [...text.faults, ...unset, ...found]);
}

/** One error for the faults found, in the order of their lines. */
export function specInvalid(text: SpecText, found: readonly string[]): MillraceError {
  const count = found.length === 1 ? "1 fault" : `${found.length} faults`;
  return new MillraceError("SPEC_INVALID", `${text.name} has ${count}:`, {
    details: [...found].sort((a, b) => byPlace(a, b, text.files)),
  });
}

function faults(issue: Issue, text: SpecText, registry: Registry): string[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      const other = elsewhere(key, issue.path, text, registry);
      const hint = other || didYouMean(key, knownKeys(issue.path, text, registry));
      return `${text.locateKey(path)} ${pathText(path)}: is not an option here${hint}`;
    });
  }
  if (issue.code === "invalid_union" && issue.path.at(-1) === "use") {
    return [line(text, issue.path, unknownName(issue.path, text, registry))];
  }
  const deeper =
    issue.code === "invalid_union" ? onlyFitting(issue, valueAt(text.value, issue.path)) : undefined;
  if (deeper !== undefined)
    return deeper.flatMap((each) => faults({ ...each, path: [...issue.path, ...each.path] }, text, registry));
  return [line(text, issue.path, messageOf(issue, valueAt(text.value, issue.path)))];
}

/** The kinds that know an option, where the kind that stands there does not. */
function elsewhere(key: string, path: Path, text: SpecText, registry: Registry): string {
  const types = typesWith(key, path, text, registry).map((type) => JSON.stringify(type));
  return types.length === 0 ? "" : ` (but with type ${types.join(" or ")})`;
}

/** The faults in the one branch of a union that takes values of this kind at all, where they lie inside of the value, or in a list. */
function onlyFitting({ errors }: z.core.$ZodIssueInvalidUnion, value: unknown): readonly Issue[] | undefined {
  const isOther = (issue: Issue) =>
    issue.code === "invalid_type" ||
    (issue.code === "invalid_value" && !issue.values.some((each) => typeof each === typeof value));
  const fitting = errors.filter(
    (branch) => !branch.some((issue) => issue.path.length === 0 && isOther(issue)),
  );
  const [only] = fitting;
  if (fitting.length !== 1) return undefined;
  if (Array.isArray(value)) return only;
  return only.some(({ code, path }) => path.length > 0 || code === "unrecognized_keys") ? only : undefined;
}

function line(text: SpecText, path: Path, message: string): string {
  return `${text.locate(path)} ${pathText(path)}${path.length > 0 ? ": " : ""}${message}`;
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

/** File after file, and in each by line and column. */
function byPlace(a: string, b: string, files: readonly string[]): number {
  const [aFile, aLine, aColumn] = placeOf(a, files);
  const [bFile, bLine, bColumn] = placeOf(b, files);
  return aFile - bFile || aLine - bLine || aColumn - bColumn;
}

function placeOf(fault: string, files: readonly string[]): [number, number, number] {
  const file = files.findIndex((name) => fault.startsWith(`${name}:`));
  const match = /:(\d+):(\d+) /.exec(fault);
  return match === null ? [file, 0, 0] : [file, Number(match[1]), Number(match[2])];
}
