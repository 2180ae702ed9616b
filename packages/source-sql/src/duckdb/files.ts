/** Files that are read in a table's place: Parquet, CSV and JSON, by name or pattern. */
import { readdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { MillraceError } from "@millrace/core";
import { requireFile } from "../files/file.js";
import type { ReadFiles } from "./describe.js";
import { literal } from "./dialect.js";

/** DuckDB's reader for an ending, a compressed one too. */
const readers: Readonly<Record<string, string>> = {
  parquet: "read_parquet",
  csv: "read_csv",
  tsv: "read_csv",
  json: "read_json",
  jsonl: "read_json",
  ndjson: "read_json",
};

/** What is to be read, and the paths of all of it: no others are opened. */
export interface FoundFiles extends ReadFiles {
  readonly paths: readonly string[];
}

/** The files of a name or pattern, in the order of their names. @throws MillraceError */
export async function findFiles(
  pattern: string,
  baseUrl: URL,
  option: readonly (string | number)[],
): Promise<FoundFiles> {
  const ending = /\.([a-z]+)(?:\.(?:gz|zst))?$/i.exec(pattern)?.[1].toLowerCase() ?? "";
  const reader = readers[ending];
  if (reader === undefined) {
    throw new MillraceError(
      "OPTION_INVALID",
      `\`from\` must name files that end in ${Object.keys(readers).join(", ")}, was "${pattern}"`,
      { path: option, hint: "Read others with a query over a database of your own." },
    );
  }
  const paths = await pathsOf(resolve(fileURLToPath(baseUrl), pattern), pattern, option);
  for (const path of paths) await requireFile(path, { name: path, what: "data", option });
  const sql = `${reader}([${paths.map(literal).join(", ")}])`;
  return { name: pattern, sql, numbered: reader === "read_parquet" && paths.length === 1, paths };
}

/** A `*` or `?` stands for characters of the file's name. */
async function pathsOf(
  path: string,
  pattern: string,
  option: readonly (string | number)[],
): Promise<readonly string[]> {
  const name = basename(path);
  if (!/[*?]/.test(name)) return [path];
  const expression = name
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  const matches = new RegExp(`^${expression}$`, "u");
  const names = (await readdir(dirname(path)).catch(() => [])).filter((each) => matches.test(each)).sort();
  if (names.length > 0) return names.map((each) => join(dirname(path), each));
  throw new MillraceError("FILE_NOT_FOUND", `\`from\` must match a file, "${pattern}" matches none`, {
    path: option,
    hint: `Looked in ${dirname(path)}.`,
  });
}
