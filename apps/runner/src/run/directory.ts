/** The directory of a run: a new one for each, never a used one. */
import { mkdir, open, readdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileFault, MillraceError, writeWhole as writeFileWhole } from "@millrace/core";
import { outDir, writeFault } from "./write-fault.js";

/** Early, before anything is opened: says so if what `option` names cannot be had. @throws MillraceError OUT_DIR. */
export async function refuseUsed(path: string, option: "--out" | "--to" = "--out"): Promise<void> {
  let entries: string[];
  try {
    entries = await readdir(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw unusable(path, error);
  }
  if (entries.length > 0) {
    const [what, rest] =
      option === "--out"
        ? ["the run", ", or leave it out and a new folder is made under runs/"]
        : ["the export", ""];
    throw new MillraceError("OUT_DIR", `the folder for ${what} must be new or empty, but ${path} has files`, {
      hint: `Choose another ${option}${rest}.`,
    });
  }
}

/** Makes the directory that `--out` names. @throws MillraceError OUT_DIR if it holds anything. */
export async function makeNamed(path: string): Promise<string> {
  await refuseUsed(path);
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw unusable(path, error);
  }
  return path;
}

/** Makes `<root>/<name>-<yyyymmdd-hhmmss>`, with -2, -3, … where that is taken. @throws MillraceError OUT_DIR. */
export async function makeDated(name: string, now: Date, root: "runs" | "sweeps" = "runs"): Promise<string> {
  const base = join(root, `${name}-${stamp(now)}`);
  try {
    await mkdir(root, { recursive: true });
    for (let copy = 1; ; copy++) {
      const path = copy === 1 ? base : `${base}-${copy}`;
      if (await makeNew(path)) return path;
    }
  } catch (error) {
    throw unusable(base, error);
  }
}

/** What a spec is called: its file's name, or its folder's where the file is just "spec.json". */
export function specName(path: string): string {
  const file = basename(path).replace(/\.(jsonc?|ya?ml)$/i, "");
  const name = file === "spec" ? basename(dirname(resolve(path))) : file;
  return name.replace(/[^\p{L}\p{N}._-]+/gu, "-") || "run";
}

/** Whoever reads `path` sees the old text or the new one, never half of it. @throws MillraceError OUT_DIR. */
export async function writeWhole(path: string, text: string): Promise<void> {
  try {
    await writeFileWhole(path, text);
  } catch (error) {
    throw error instanceof MillraceError ? outDir(error) : error;
  }
}

/** Writes a file that must not be there yet: of two runs that want one directory, one fails. */
export async function writeFirst(path: string, text: string): Promise<void> {
  const file = await open(path, "wx").catch((error: unknown) => {
    throw unusable(dirname(path), error);
  });
  try {
    await file.writeFile(text);
  } catch (error) {
    throw writeFault(path, error);
  } finally {
    await file.close();
  }
}

async function makeNew(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Local time as 20260131-095900. */
function stamp(date: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`;
  return `${day}-${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
}

function unusable(path: string, error: unknown): MillraceError {
  return outDir(fileFault(error, `the folder ${path}`, "cannot be used for the run"));
}
