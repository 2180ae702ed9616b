/** Parts of files. */
import type { FileHandle } from "node:fs/promises";
import { fileFault, MillraceError } from "@millrace/core";

/** The `length` bytes from `start` on, in memory of their own. Errors: FILE_FORMAT where the file ends before, FILE_FAILED. */
export async function readPart(
  file: FileHandle,
  start: number,
  length: number,
  path: string,
): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file
      .read(bytes, done, length - done, start + done)
      .catch((error: unknown) => {
        throw fileFault(error, path, "cannot be read");
      });
    if (bytesRead === 0) {
      throw new MillraceError("FILE_FORMAT", `${path} must have ${start + length} bytes, but ends before`, {
        where: [path],
        hint: "Write the file again: it was cut off.",
      });
    }
    done += bytesRead;
  }
  return bytes;
}
