/** A file that is open for as long as something is done with it. */
import { type FileHandle, open } from "node:fs/promises";
import { fileFault, MillraceError } from "@millrace/core";

/** Errors: those of `work`, FILE_NOT_FOUND, FILE_FAILED. */
export async function withFile<T>(path: string, work: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path).catch((error: unknown) => {
    throw fileFault(error, path, "cannot be read");
  });
  try {
    return await work(file);
  } catch (error) {
    throw error instanceof MillraceError ? error : fileFault(error, path, "cannot be read");
  } finally {
    await file.close();
  }
}
