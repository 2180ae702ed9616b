/** What SQLite refuses, in a person's words. */
import { MillraceError, messageOf } from "@millrace/core";

/** Milliseconds to wait for another process that holds an exclusive lock. */
export const LOCK_TIMEOUT = 10_000;

export function closed(name: string): MillraceError {
  return new MillraceError("DATASET_CLOSED", `a dataset must not be read after close: "${name}"`, {
    hint: "Close the dataset when the last read has ended.",
  });
}

export function isBusy(error: unknown): boolean {
  return codeOf(error).startsWith("SQLITE_BUSY");
}

/** The error for what SQLite said while it read the file that a person calls `name`. */
export function explain(error: unknown, name: string): unknown {
  const code = codeOf(error);
  if (error instanceof MillraceError || code === "") return error;
  const init = { cause: error, where: [name] };
  if (code === "SQLITE_NOTADB") {
    return new MillraceError(
      "FILE_FORMAT",
      `the file must be a SQLite database, was something else: "${name}"`,
      { ...init, hint: "Check `path`; an encrypted database cannot be read either." },
    );
  }
  if (code.startsWith("SQLITE_CORRUPT")) {
    return new MillraceError("FILE_FORMAT", `the SQLite database "${name}" is damaged: ${messageOf(error)}`, {
      ...init,
      hint: "Copy the file again, or save what is left with `sqlite3 <file> .recover`.",
    });
  }
  if (isBusy(error)) {
    return new MillraceError(
      "DATABASE_FAILED",
      `another process kept the database locked for ${LOCK_TIMEOUT / 1000} seconds: "${name}"`,
      {
        ...init,
        hint: "Switch the file to WAL (`PRAGMA journal_mode=WAL`), where writers never block readers.",
      },
    );
  }
  const gone = /no such (?:table|column): (?:source\.|main\.)?(.*)/.exec(messageOf(error));
  if (gone !== null) {
    return new MillraceError(
      "TABLE_INVALID",
      `the database must keep the tables and columns it had when it was opened, but "${gone[1]}" is not there`,
      { ...init, hint: "Open it again, or read from a copy of the file." },
    );
  }
  return new MillraceError("DATABASE_FAILED", `SQLite could not read "${name}": ${messageOf(error)}`, {
    ...init,
    hint: "Check that the file and its folder are readable; on a read-only disk set `immutable`.",
  });
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && code.startsWith("SQLITE") ? code : "";
}
