/** Files that are there whole or not at all, and what the file system refused, in words. */
import { open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { MillraceError, messageOf } from "../errors.js";

/** What is to be done where the file system says no, by its code. */
const hints: Readonly<Record<string, string>> = {
  ENOSPC: "The disk is full: make room, or choose a folder on another disk.",
  EDQUOT: "Your share of the disk is used up: make room, or choose another folder.",
  EROFS: "The file system is read-only: choose another folder.",
  EACCES: "Give yourself the right to it, or choose another place.",
  EPERM: "Give yourself the right to it, or choose another place.",
  EISDIR: "It is a folder: name a file.",
  ENOTDIR: "A part of the path is a file: name a folder.",
  EMFILE: "Too many files are open: raise the limit (`ulimit -n`).",
  ENFILE: "Too many files are open on this machine.",
  ENAMETOOLONG: "Choose a shorter name.",
};

/**
 * An error of the file system as a fault that names `path`, the system's code (ENOSPC, EACCES, EROFS) and what to do:
 * FILE_NOT_FOUND where it is not there, else FILE_FAILED. `what` is what could not be done: "cannot be read".
 */
export function fileFault(error: unknown, path: string, what: string): MillraceError {
  if (error instanceof MillraceError) return error;
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return new MillraceError(
    code === "ENOENT" ? "FILE_NOT_FOUND" : "FILE_FAILED",
    `${path} ${what}: ${messageOf(error)}`,
    { cause: error, hint: code === undefined ? undefined : hints[code] },
  );
}

/** The whole file. @throws MillraceError FILE_NOT_FOUND or FILE_FAILED, naming the path. */
export async function readWhole(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw fileFault(error, path, "cannot be read");
  }
}

/** What a file is made of: one piece, or several in their order. */
export type FileContent = string | Uint8Array | readonly Uint8Array[];

export interface WriteOptions {
  /** Called when the content is safe on the disk beside `path`, which still holds what it held before. */
  readonly before?: () => Promise<void>;
}

/**
 * Writes a file that is there whole or not at all, also after a crash or a power cut: `path`.partial is written, waited
 * for until it is on the disk, and renamed to `path`. Whatever fails, `path` is what it was, and no part is left.
 *
 * @throws MillraceError FILE_NOT_FOUND where the folder is not there, or FILE_FAILED: the disk is full, it is read-only.
 */
export async function writeWhole(
  path: string,
  content: FileContent,
  { before }: WriteOptions = {},
): Promise<void> {
  const partial = `${path}.partial`;
  try {
    await writeThrough(partial, content);
    await before?.();
    await rename(partial, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw fileFault(error, path, "cannot be written");
  }
}

async function writeThrough(path: string, content: FileContent): Promise<void> {
  const file = await open(path, "w");
  try {
    const pieces = typeof content === "string" || ArrayBuffer.isView(content) ? [content] : content;
    for (const piece of pieces) await file.writeFile(piece);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the new name itself durable; Windows does not let folders be opened, and some file systems do not sync them. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EINVAL" && code !== "ENOTSUP") throw error;
  } finally {
    await handle.close();
  }
}
