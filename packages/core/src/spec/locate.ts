/** Gives faults of options their place in the spec that states them. */
import { MillraceError } from "../errors.js";
import { pathText } from "./parse.js";
import type { SpecText } from "./read.js";

/**
 * The same error, naming file, line and column of what is wrong, where it says by `path` what that is:
 * `spec.json:12:17 model.with.layers[2].units: …`. Any other error stays as it is.
 */
export function locateFaults(text: SpecText, error: unknown): unknown {
  if (!(error instanceof MillraceError)) return error;
  const { faults, code, cause } = error;
  if (faults.length === 0) {
    if (error.path === undefined) return error;
    return error.at(placeOf(text, error.path));
  }
  const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
  const details = faults.map((fault) => lineOf(text, fault));
  return new MillraceError(code, `${text.name} has ${count}:`, { details, cause, faults });
}

function lineOf(text: SpecText, { path, message, hint, where }: MillraceError): string {
  const line = hint === undefined ? message : `${message}. ${hint}`;
  if (path === undefined) return where.length > 0 ? `${line} (${where.join(", ")})` : line;
  return `${placeOf(text, path)}: ${line}`;
}

function placeOf(text: SpecText, path: readonly (string | number)[]): string {
  return `${text.locate(path)} ${pathText(path)}`;
}
