/** What lies beside a SQLite file: changes that are not in it yet. */
import { statSync } from "node:fs";
import { MillraceError } from "@millrace/core";

/** Requires that `immutable` leaves out nothing of the database at `path`, which a person calls `name`. */
export function requireNoChanges(path: string, name: string): void {
  const pending = ["-wal", "-journal"].find((ending) => sizeOf(path + ending) > 0);
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

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
