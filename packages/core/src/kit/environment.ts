/** Variables of the environment in the strings of a spec: `${env:NAME}`, and `${env:NAME:-default}` where it may be missing. */
import { createHash } from "node:crypto";
import { MillraceError } from "../errors.js";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The name of the variable and, if there is one, the default. `$${env:…}` is no reference: it stands for `${env:…}`. */
export const envReference = /(?<!\$)\$\{env:([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/;

const marked = /(\$?)\$\{env:(?:([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\})?/g;

export function hasReference(text: string): boolean {
  return text.includes("${env:");
}

/** What is wrong with the references of a text; undefined if nothing is. */
export function referenceFault(text: string): string | undefined {
  const found = [...text.matchAll(marked)];
  if (found.some(([, , , usual]) => usual?.includes("${env:")))
    return "must have no reference to the environment in the default of another";
  const broken = found.some(([, escape, name]) => name === undefined && escape === "");
  if (!broken) return undefined;
  return "must refer to the environment as `${env:NAME}` or `${env:NAME:-default}`, with a name of letters, digits and _; `$${env:` stands for the characters themselves";
}

/** The variables that a text needs and the environment lacks: without a default, and not set or empty. */
export function missingVariables(text: string, environment: Environment = process.env): string[] {
  return [...text.matchAll(new RegExp(envReference, "g"))]
    .filter(([, name, usual]) => usual === undefined && (environment[name] ?? "") === "")
    .map(([, name]) => name);
}

/**
 * `text` with variables of the environment put in; one that is empty counts as not set.
 * @throws MillraceError OPTION_INVALID for one that is not set and has no default, at `path`.
 */
export function expandText(
  text: string,
  path: readonly (string | number)[] = [],
  environment: Environment = process.env,
): string {
  if (!hasReference(text)) return text;
  const [missing] = missingVariables(text, environment);
  if (missing !== undefined) throw notSet(missing, path);
  return text.replaceAll(marked, (whole, escape: string, name?: string, usual?: string) => {
    if (escape !== "") return whole.slice(1);
    if (name === undefined) return whole;
    const value = environment[name] ?? "";
    return value === "" ? (usual ?? "") : value;
  });
}

/** Options with variables of the environment put into every string; the same object where no string has one. */
export function expandOptions<T>(options: T, environment: Environment = process.env): T {
  return expanded(options, [], environment) as T;
}

/** Stands for what the variables in `options` are now, without telling it; undefined where there are none. */
export function environmentDigest(
  options: unknown,
  environment: Environment = process.env,
): string | undefined {
  const made = expandOptions(options, environment);
  return made === options ? undefined : createHash("sha256").update(JSON.stringify(made)).digest("hex");
}

function expanded(value: unknown, path: readonly (string | number)[], environment: Environment): unknown {
  if (typeof value === "string") return expandText(value, path, environment);
  if (Array.isArray(value)) {
    const items = (value as readonly unknown[]).map((item, i) => expanded(item, [...path, i], environment));
    return items.some((item, i) => item !== value[i]) ? items : value;
  }
  if (!isPlain(value)) return value;
  const entries = Object.entries(value).map(
    ([key, item]) => [key, expanded(item, [...path, key], environment)] as const,
  );
  return entries.some(([key, item]) => item !== value[key]) ? Object.fromEntries(entries) : value;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The fault of a variable that is needed and not there. */
export function notSet(name: string, path: readonly (string | number)[]): MillraceError {
  return new MillraceError("OPTION_INVALID", `the variable ${name} of the environment must be set, was not`, {
    path,
    hint: `Set it where the run is started: ${name}=… millrace run spec.json.`,
  });
}
