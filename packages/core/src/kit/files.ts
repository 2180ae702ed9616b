/** Files that are there whole or not at all, and what the file system refused, in words. */
import { open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { MillraceError, messageOf } from "../errors.js";

const pathHint = "Correct the path, or make the folder.";

/** Why the file system says no, by its code, and what to do. */
const reasons: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  ENOSPC: ["the disk is full", "Make room, or choose a folder on another disk."],
  EDQUOT: ["the disk quota is used up", "Make room, or choose a folder on another disk."],
  EROFS: ["the file system is read-only", "Choose a folder that can be written to."],
  EACCES: ["there is no permission", "Give yourself the right to it, or choose another place."],
  EPERM: ["there is no permission", "Give yourself the right to it, or choose another place."],
  EISDIR: ["it is a folder", "Name a file."],
  ENOTDIR: ["a part of the path is a file", "Name a folder."],
  ENAMETOOLONG: ["the name is too long", "Choose a shorter name."],
  EIO: ["the disk reports a fault", "Look at the disk."],
  EMFILE: ["too many files are open", "Raise the limit: ulimit -n."],
  ENFILE: ["too many files are open on this machine", "Close some, or try again later."],
};

/**
 * An error of the file system as a fault that names `path`, the reason in words and what to do: FILE_NOT_FOUND where it is
 * not there, else FILE_FAILED. `what` is what could not be done: "cannot be read". The system's own error is its cause.
 */
export function fileFault(error: unknown, path: string, what: string): MillraceError {
  if (error instanceof MillraceError) return error;
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? "";
  const missing = [
    what === "cannot be written" ? "its folder is not there" : "it is not there",
    pathHint,
  ] as const;
  const [reason, hint] = code === "ENOENT" ? missing : (reasons[code] ?? [messageOf(error), undefined]);
  return new MillraceError(
    code === "ENOENT" ? "FILE_NOT_FOUND" : "FILE_FAILED",
    `${path} ${what}: ${reason}`,
    { cause: error, hint },
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

/** What a file is made of: one piece, or several in their order, those of a stream as they come. */
export type FileContent = string | Uint8Array | readonly (Uint8Array | AsyncIterable<Uint8Array>)[];

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
    for (const piece of pieces) {
      if (typeof piece === "string" || ArrayBuffer.isView(piece)) await file.writeFile(piece);
      else for await (const more of piece) await file.writeFile(more);
    }
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
