/** Where runs are: the folders that a person names, and those in a folder of runs. */
import { readdir, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { MillraceError } from "@millrace/core";
import { shortest } from "./run-folder.js";

/** How deep under a folder runs are looked for: sweeps have folders of their own. */
const deepest = 3;

/** The folders of runs at or under `path`, by name; links are not followed, nor folders within a run. */
export async function runsUnder(path: string, depth = deepest): Promise<string[]> {
  if (await isRun(path)) return [path];
  if (depth === 0) return [];
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  const folders = entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && entry.name !== "node_modules")
    .map(({ name }) => name)
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const found = await Promise.all(folders.map((name) => runsUnder(join(path, name), depth - 1)));
  return found.flat();
}

/** The runs that paths name: folders of runs, or folders with runs in them. @throws MillraceError FILE_NOT_FOUND */
export async function runsAt(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(paths.map((path) => runsUnder(resolve(path))));
  for (const [i, runs] of found.entries()) {
    if (runs.length > 0) continue;
    const what = (await isThere(resolve(paths[i])))
      ? "has no run.json, nor has any folder in it"
      : "is not there";
    throw new MillraceError(
      "FILE_NOT_FOUND",
      `${paths[i]} must be the folder of a run or of several, but ${what}`,
      {
        hint: "Name folders that `millrace run` made, such as runs/spec-20260101-120000, or the folder they are in.",
      },
    );
  }
  return [...new Set(found.flat())];
}

/** What each is called: its folder's name, or its path where two have the same. */
export function runNames(folders: readonly string[]): string[] {
  const names = folders.map((folder) => basename(folder));
  return folders.map((folder, i) =>
    names.indexOf(names[i]) === names.lastIndexOf(names[i]) ? names[i] : shortest(folder),
  );
}

async function isRun(path: string): Promise<boolean> {
  return isThere(join(path, "run.json"));
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
