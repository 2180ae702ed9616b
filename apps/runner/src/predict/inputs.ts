/** What a person names to be predicted, as samples without labels: files, folders, JSON Lines. */
import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { dirname, extname, join, sep } from "node:path";
import { type LooseFault, type LooseSample, MillraceError, type SourceInputs } from "@millrace/core";
import { fieldsSample, jsonLines } from "./json-lines.js";

export type Loose = LooseSample | LooseFault;

const jsonLinesEndings = [".jsonl", ".ndjson"];

/** In the order given, folders by name; what cannot be read is a fault in its place, and the rest goes on. */
export async function* looseSamples(
  paths: readonly string[],
  inputs: SourceInputs | undefined,
): AsyncGenerator<Loose> {
  const endings = [...jsonLinesEndings, ...(inputs?.endings ?? [])];
  for (const path of paths) {
    try {
      if (path === "-") yield* jsonLines(process.stdin, "line", ".", inputs);
      else if ((await stat(path)).isDirectory()) yield* inFolder(path, endings, inputs);
      else yield* inFile(path, endings, inputs);
    } catch (error) {
      yield { name: path, error: faultOf(error) };
    }
  }
}

/** Answers never take the place of what is asked about. @throws MillraceError OUT_DIR */
export async function refuseToReplace(
  out: string,
  paths: readonly string[],
  inputs: SourceInputs | undefined,
): Promise<void> {
  const there = await realpath(out).catch(() => undefined);
  if (there === undefined) return;
  const endings = [...jsonLinesEndings, ...(inputs?.endings ?? [])];
  for (const path of paths.filter((each) => each !== "-")) {
    const asked = await realpath(path).catch(() => undefined);
    const isWithin =
      asked !== undefined &&
      there.startsWith(`${asked}${sep}`) &&
      endings.includes(extname(there).toLowerCase());
    if (asked !== there && !isWithin) continue;
    throw new MillraceError("OUT_DIR", `answers must not take the place of an input, but ${out} is one`, {
      hint: "Name another file with --out.",
    });
  }
}

/** Sentences that were typed, each the field `field` of a sample. */
export async function* typedTexts(
  texts: readonly string[],
  field: string,
  inputs: SourceInputs | undefined,
): AsyncGenerator<Loose> {
  for (const [i, text] of texts.entries())
    yield fieldsSample(() => ({ [field]: text }), { name: `text ${i + 1}`, folder: ".", inputs });
}

async function* inFolder(
  folder: string,
  endings: readonly string[],
  inputs: SourceInputs | undefined,
): AsyncGenerator<Loose> {
  let found = 0;
  for await (const path of filesIn(folder, endings)) {
    found++;
    try {
      yield* inFile(path, endings, inputs);
    } catch (error) {
      yield { name: path, error: faultOf(error) };
    }
  }
  if (found > 0) return;
  throw new MillraceError("INPUT_INVALID", `the folder must hold files that end in ${endings.join(", ")}`);
}

/**
 * Sorted by name, files of a folder before those of the folders in it. Links are followed, as in training; one that leads
 * to a folder above would go on for ever, and adds no file.
 */
async function* filesIn(
  folder: string,
  endings: readonly string[],
  above: readonly string[] = [],
): AsyncGenerator<string> {
  const real = await realpath(folder);
  if (above.includes(real)) return;
  const folders: string[] = [];
  const files: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const isFolder = await leadsToFolder(folder, entry);
    (isFolder ? folders : files).push(entry.name);
  }
  for (const name of files.sort()) {
    if (endings.includes(extname(name).toLowerCase())) yield join(folder, name);
  }
  for (const name of folders.sort()) yield* filesIn(join(folder, name), endings, [...above, real]);
}

/** A link that leads nowhere is a file, which says so when it is read. */
async function leadsToFolder(folder: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  const found = await stat(join(folder, entry.name)).catch(() => undefined);
  return found?.isDirectory() ?? false;
}

function inFile(
  path: string,
  endings: readonly string[],
  inputs: SourceInputs | undefined,
): AsyncIterable<Loose> {
  const ending = extname(path).toLowerCase();
  if (jsonLinesEndings.includes(ending)) return jsonLines(path, path, dirname(path), inputs);
  if (inputs?.endings.includes(ending)) return inputs.read(path);
  throw new MillraceError("INPUT_INVALID", `inputs of this run must end in ${endings.join(", ")}`, {
    hint: "Give what the run was trained on, or lines of JSON Lines with the fields of its samples.",
  });
}

/** A file that is not there is no bug, and neither is one that may not be read. */
export function faultOf(error: unknown): MillraceError {
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof MillraceError || code === undefined) {
    return MillraceError.from(error, "UNEXPECTED", "an error nobody expected");
  }
  const why = code === "ENOENT" ? "does not exist" : `cannot be read (${code})`;
  return new MillraceError("FILE_NOT_FOUND", `the input ${why}`, { cause: error });
}
