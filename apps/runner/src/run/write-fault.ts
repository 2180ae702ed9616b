/** Faults of the file system in words: what cannot be written, why, and what to do. */
import { fileFault, MillraceError } from "@millrace/core";

/** OUT_DIR for what the system says of a file that is written; any other error stays as it is. */
export function writeFault(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof MillraceError) return error;
  const { code, syscall, path: own } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return error;
  // What is written beside its place until it is whole goes by the name of that place.
  return outDir(fileFault(error, (own ?? path).replace(/\.partial$/, ""), "cannot be written"));
}

/** The same of what the kit's `writeWhole` says. */
export function outDir({ message, cause, hint }: MillraceError): MillraceError {
  return new MillraceError("OUT_DIR", message, { cause, hint });
}

/** Runs `write`, which writes to `path`. @throws MillraceError OUT_DIR. */
export function writingTo<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw writeFault(path, error);
  }
}
