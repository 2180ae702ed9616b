/** Files of a person's own as samples for a model that whole files have trained. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileFault, MillraceError, readBytes, readWhole, type SourceInputs } from "@millrace/core";

/** What a file holds, in one of two forms. */
export interface FileContent {
  readonly bytes?: Uint8Array;
  readonly text?: string;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Errors: FILE_FORMAT, naming the path. */
export function textIn(bytes: Uint8Array, path: string): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new MillraceError("FILE_FORMAT", "a text must be UTF-8, but a file is not", {
      where: [path],
      cause,
      hint: "Convert the file, or leave `text` out and take its bytes.",
    });
  }
}

/**
 * Each file is a sample. A line of JSON Lines names its file as `path`, or has the content itself, as `text`, or as `bytes` in
 * base64. `endings` are those of the files in training.
 */
export function fileInputs(text: boolean, endings: readonly string[]): SourceInputs {
  const contentOf = (bytes: Uint8Array, path: string): FileContent =>
    text ? { text: textIn(bytes, path) } : { bytes };
  return {
    endings,
    about: { content: text ? "text" : "bytes" },
    async *read(path) {
      yield { name: path, sample: { path, ...contentOf(await readWhole(path), path) } };
    },
    fromValues(values, folder) {
      const { path } = values;
      const name = text ? "text" : "bytes";
      const given = values[name];
      const content = typeof given !== "string" ? undefined : text ? given : readBytes(given, "base64");
      if (content !== undefined) return { path: typeof path === "string" ? path : "", [name]: content };
      if (given === undefined && typeof path === "string")
        return { path, ...contentOf(readNow(resolve(folder, path)), path) };
      throw new MillraceError(
        "INPUT_INVALID",
        `a line must have the path of a file as "path", or its content as "${name}"${text ? "" : " in base64"}, has ${JSON.stringify(given ?? path) ?? "neither"}`,
      );
    },
  };
}

function readNow(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw fileFault(error, path, "cannot be read");
  }
}
