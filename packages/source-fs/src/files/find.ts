/** The files that an option names: by path, or by a pattern for many. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { MillraceError } from "@millrace/core";
import { glob, isDynamicPattern } from "tinyglobby";
import { inputPath } from "./open.js";

export interface NamedFile {
  /** As the option names it, or relative to the spec where a pattern found it; with "/" between parts on every system. */
  readonly name: string;
  readonly path: string;
}

/**
 * The files in the order in which they are named, those of a pattern (`logs/*.jsonl`, `part-{0,1}.csv`) by name in code
 * units. A path that is there is no pattern, whatever its characters.
 * Errors: FILE_NOT_FOUND for a pattern that no file fits; OPTION_INVALID for a file that is named twice. A path alone is not
 * looked for: whoever opens it says so.
 */
export async function findFiles(
  named: string | readonly string[],
  baseUrl: URL,
  option: string,
): Promise<NamedFile[]> {
  const found: NamedFile[] = [];
  for (const pattern of typeof named === "string" ? [named] : named) {
    const path = inputPath(pattern, baseUrl);
    if (existsSync(path) || !isDynamicPattern(pattern)) found.push({ name: pattern, path });
    else found.push(...(await matching(pattern, baseUrl, option)));
  }
  refuseTwice(found, option);
  return found;
}

async function matching(pattern: string, baseUrl: URL, option: string): Promise<NamedFile[]> {
  const cwd = fileURLToPath(baseUrl);
  const names = await glob(pattern, { cwd, onlyFiles: true, expandDirectories: false });
  if (names.length === 0) {
    throw new MillraceError("FILE_NOT_FOUND", `a file must fit the pattern ${pattern}, none does in ${cwd}`, {
      path: [option],
      hint: `Correct \`${option}\`; it is relative to the spec.`,
    });
  }
  return names.sort().map((name) => ({ name, path: inputPath(name, baseUrl) }));
}

function refuseTwice(files: readonly NamedFile[], option: string): void {
  const seen = new Set<string>();
  const twice = files.find(({ path }) => seen.size === seen.add(path).size);
  if (twice === undefined) return;
  throw new MillraceError(
    "OPTION_INVALID",
    `each file must be named once, but ${twice.name} is named twice`,
    {
      path: [option],
      hint: `Look at the paths and patterns in \`${option}\`.`,
    },
  );
}
