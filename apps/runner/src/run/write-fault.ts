/** Faults of the file system in words: what cannot be written, why, and what to do. */
import { MillraceError, messageOf } from "@millrace/core";

const reasons: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  ENOSPC: ["the disk is full", "Free some space, or choose a folder on another disk."],
  EDQUOT: ["the disk quota is used up", "Free some space, or choose a folder on another disk."],
  EROFS: ["the file system is read-only", "Choose a folder that can be written to."],
  EACCES: ["there is no permission", "Choose a folder that can be written to."],
  EPERM: ["there is no permission", "Choose a folder that can be written to."],
  ENOENT: ["its folder is not there any more", "Leave the folder in place while it is written to."],
  ENAMETOOLONG: ["the name is too long", "Choose a shorter name."],
  EIO: ["the disk reports a fault", "Look at the disk."],
  EMFILE: ["too many files are open", "Raise the limit: ulimit -n."],
};

/** OUT_DIR for what the system says of a file that is written; any other error stays as it is. */
export function writeFault(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof MillraceError) return error;
  const { code, syscall, path: own } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return error;
  const [reason, hint] = reasons[code] ?? [messageOf(error), "Choose another folder."];
  return new MillraceError("OUT_DIR", `${own ?? path} cannot be written: ${reason}`, { cause: error, hint });
}

/** Runs `write`, which writes to `path`. @throws MillraceError OUT_DIR. */
export function writingTo<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw writeFault(path, error);
  }
}
