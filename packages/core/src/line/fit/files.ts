/** Fitted transforms as files: JSON that a person can read, and safetensors beside it for arrays. */
import { createHash } from "node:crypto";
import { mkdir, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import type { FittedState } from "../../contracts/transform.js";
import { isPlainObject } from "../../data/collate/kinds.js";
import { joinState, shareState, splitState } from "../../data/fit/state.js";
import { MillraceError, messageOf } from "../../errors.js";
import { fileFault, readWhole, writeWhole } from "../../kit/files.js";
import { decodeTensors, encodeTensors } from "../../kit/safetensors.js";
import type { FittedTransform } from "./fitted.js";

/** Counts up when the files change. */
export const fittedFormat = 1;

/** Writes `folder`/<position>-<name>.json, and .safetensors where there are arrays, for each; whole or not at all. */
export async function writeFitted(folder: string, fitted: readonly FittedTransform[]): Promise<void> {
  for (const each of fitted) await writeOne(join(folder, fittedFile(each)), each);
}

/** The files' name without an ending: "2-standardize"; of a source's own transforms "source1-0-standardize". */
export function fittedFile({ path, use }: Pick<FittedTransform, "path" | "use">): string {
  const source = path.length > 2 ? `source${path[1]}-` : "";
  return `${source}${path.at(-1)}-${use}`;
}

/** Writes `base`.json and `base`.safetensors. @throws MillraceError FILE_FAILED */
export async function writeOne(base: string, fitted: FittedTransform): Promise<void> {
  const { path, use, with: options, samples, state } = fitted;
  const { json, arrays } = splitState(state);
  const digest = createHash("sha256").update(JSON.stringify(json)).digest("hex");
  const tensors = Object.keys(arrays).length === 0 ? undefined : `${basename(base)}.safetensors`;
  await making(join(base, ".."));
  // The JSON comes last: where it is, all is.
  if (tensors !== undefined)
    await writeWhole(`${base}.safetensors`, encodeTensors({ state: { digest }, arrays }));
  await writeFiles(base, state);
  const about = { format: fittedFormat, use, with: options, path, samples, tensors, state: json };
  await writeWhole(`${base}.json`, `${JSON.stringify(about, null, 2)}\n`);
}

/** Texts of a state that other programs read, as files in a folder `base`. */
async function writeFiles(base: string, state: FittedState): Promise<void> {
  const files = (state as { readonly files?: FittedState } | null)?.files;
  if (!isPlainObject(files)) return;
  await making(base);
  for (const [name, text] of Object.entries(files)) {
    if (typeof text === "string") await writeWhole(join(base, basename(name)), text);
  }
}

async function making(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw fileFault(error, folder, "cannot be written");
  }
}

/** All that `writeFitted` wrote to `folder`; none where there is no such folder. @throws MillraceError FILE_FORMAT */
export async function readFitted(folder: string): Promise<FittedTransform[]> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw fileFault(error, folder, "cannot be read");
  }
  const found = names.filter((name) => name.endsWith(".json")).sort();
  return Promise.all(found.map((name) => readOne(join(folder, name.slice(0, -".json".length)))));
}

/** What `writeOne` wrote; arrays in shared memory. @throws MillraceError FILE_NOT_FOUND, or FILE_FORMAT for what is damaged. */
export async function readOne(base: string): Promise<FittedTransform> {
  const path = `${base}.json`;
  const about = parse(path, await readWhole(path));
  const { use, with: options, samples, tensors, state } = about;
  if (about.format !== fittedFormat || typeof use !== "string" || !Array.isArray(about.path)) {
    throw new MillraceError(
      "FILE_FORMAT",
      `${path} must be a fitted transform of format ${fittedFormat}, was not`,
    );
  }
  const arrays = tensors === undefined ? {} : await arraysOf(`${base}.safetensors`, state);
  const own = shareState(joinState({ json: state, arrays }));
  return {
    path: about.path as FittedTransform["path"],
    use,
    with: options,
    samples: Number(samples),
    state: own,
  };
}

async function arraysOf(path: string, json: unknown) {
  const { state, arrays } = decodeTensors(await readWhole(path), path, "fitted state");
  const digest = createHash("sha256").update(JSON.stringify(json)).digest("hex");
  if ((state as { digest?: unknown } | null)?.digest === digest) return arrays;
  throw new MillraceError("FILE_FORMAT", `${path} must belong to the .json beside it, but is of another`);
}

function parse(path: string, bytes: Buffer): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(bytes.toString("utf8")) as Record<string, unknown>;
  } catch (cause) {
    throw new MillraceError("FILE_FORMAT", `${path} must be JSON: ${messageOf(cause)}`, { cause });
  }
}
