/** A SQLite file on disk: that it is one, which files belong to it, and that it is still the same. */
import { statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { MillraceError } from "@millrace/core";

/** Requires a file at `path` that `immutable` does not make wrong. */
export async function requireFile(
  path: string,
  { name, immutable }: { readonly name: string; readonly immutable: boolean },
): Promise<void> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) {
    throw new MillraceError("FILE_NOT_FOUND", `the database file must exist and be readable, was "${name}"`, {
      path: ["path"],
      hint: `Check \`path\`: looked at ${path} (${found.code ?? found.message}).`,
      cause: found,
    });
  }
  if (!found.isFile()) {
    const kind = found.isDirectory() ? "a folder" : found.isFIFO() ? "a pipe" : "a device or socket";
    throw new MillraceError("FILE_FORMAT", `a SQLite database must be a file, was ${kind}: "${name}"`, {
      path: ["path"],
      hint: "Name the database file itself in `path`.",
    });
  }
  const pending = immutable ? ["-wal", "-journal"].find((ending) => sizeOf(path + ending) > 0) : undefined;
  if (pending === undefined) return;
  throw new MillraceError(
    "OPTION_INVALID",
    `\`immutable\` must be for a file whose changes are all in it, but "${name}${pending}" holds changes that it would leave out`,
    {
      path: ["immutable"],
      hint: `Leave \`immutable\` out, or bring the changes in with \`sqlite3 ${name} "PRAGMA wal_checkpoint(TRUNCATE)"\` where the folder can be written.`,
      where: [name],
    },
  );
}

/** The file, and the log of changes that are not in it yet; an empty log comes and goes with those who read. */
export function filesOf(path: string): string[] {
  const log = `${path}-wal`;
  return sizeOf(log) > 0 ? [path, log] : [path];
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

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
