/** A file on disk that is a database: that it is one, and that it is still the same. */
import { statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { MillraceError } from "@millrace/core";

export interface RequiredFile {
  /** The file as a person wrote it. */
  readonly name: string;
  /** "a SQLite database". */
  readonly what: string;
  readonly option?: readonly (string | number)[];
}

/** Requires a file at `path`; `what` is what it must be, and `option` names it. @throws MillraceError */
export async function requireFile(
  path: string,
  { name, what, option = ["path"] }: RequiredFile,
): Promise<void> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) {
    throw new MillraceError(
      "FILE_NOT_FOUND",
      `${what === "data" ? "the" : "the database"} file must exist and be readable, was "${name}"`,
      {
        path: option,
        hint: `Check \`${option[0]}\`: looked at ${path} (${found.code ?? found.message}).`,
        cause: found,
      },
    );
  }
  if (!found.isFile()) {
    const kind = found.isDirectory() ? "a folder" : found.isFIFO() ? "a pipe" : "a device or socket";
    throw new MillraceError("FILE_FORMAT", `${what} must be a file, was ${kind}: "${name}"`, {
      path: option,
      hint: `Name the file itself in \`${option[0]}\`.`,
    });
  }
}

/** Which file stands at `path`, whatever is written to it. */
export function identityOf(path: string): string {
  const { dev, ino } = statSync(path, { bigint: true });
  return `${dev}:${ino}`;
}

/** Requires that the file which the main thread opened still stands at `path`. */
export function requireSameFile(path: string, identity: string, name: string): void {
  if (identityOf(path) === identity) return;
  throw new MillraceError(
    "TABLE_INVALID",
    `the database must stay the file that was opened, but "${name}" was replaced`,
    {
      hint: "Begin again, and put another file at another path while a run reads this one.",
      where: [name],
    },
  );
}
