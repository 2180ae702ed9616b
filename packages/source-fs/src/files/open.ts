/** Opens the files that a spec names: one clear error where there is none. */
import { type FileHandle, open } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { MillraceError } from "@millrace/core";

/** `path` as the system knows it; a relative path starts at the spec's folder. */
export function inputPath(path: string, baseUrl: URL): string {
  return resolve(fileURLToPath(baseUrl), path);
}

/** Opens a file for reading. Errors: FILE_NOT_FOUND; `option` is the option that named the file. */
export async function openInput(path: string, option: string): Promise<FileHandle> {
  const file = await open(path).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === "ENOENT" ? "does not exist" : `cannot be opened (${cause.code})`;
    throw new MillraceError("FILE_NOT_FOUND", `file ${path} ${why}`, {
      cause,
      hint: `Correct \`${option}\`; it is relative to the spec.`,
      path: [option],
    });
  });
  if ((await file.stat()).isDirectory()) {
    await file.close();
    throw new MillraceError("FILE_NOT_FOUND", `${path} must be a file, was a folder`, {
      hint: `Name a file in \`${option}\`.`,
      path: [option],
    });
  }
  return file;
}
