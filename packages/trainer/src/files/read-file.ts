/** Reading a file of a run: what is missing and what cannot be read are told apart. */
import { readFile } from "node:fs/promises";
import { MillraceError, messageOf } from "@millrace/core";

/** The whole file. @throws MillraceError FILE_NOT_FOUND or FILE_FORMAT, naming the path. */
export async function readWhole(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code === "ENOENT" ? "FILE_NOT_FOUND" : "FILE_FORMAT";
    throw new MillraceError(code, `${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
