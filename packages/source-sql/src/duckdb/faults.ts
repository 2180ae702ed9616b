/** What DuckDB refuses, in a person's words. */
import { MillraceError, messageOf } from "@millrace/core";

export function isBusy(error: unknown): boolean {
  return /Could not set lock|used by another process|Conflicting lock/.test(messageOf(error));
}

/** What is said of files that are none of their kind, or damaged. */
const noSuchFile =
  /not a valid DuckDB database|No magic bytes|too small to be a Parquet|Malformed JSON|Error when sniffing|CSV Error/;

export function explain(error: unknown, name: string): unknown {
  if (error instanceof MillraceError || (error as Error | null)?.name === "Unfit") return error;
  const said = messageOf(error).split("\n\nLINE ")[0].replaceAll("\n", " ");
  const init = { cause: error, where: [name] };
  if (isBusy(error)) {
    return new MillraceError(
      "DATABASE_FAILED",
      `another process kept the database open for writing: "${name}"`,
      {
        ...init,
        hint: "Close it there, or read from a copy: DuckDB has one process that writes, or many that read.",
      },
    );
  }
  if (noSuchFile.test(said)) {
    return new MillraceError(
      "FILE_FORMAT",
      `the file must be what its name says, was something else: "${name}": ${said}`,
      { ...init, hint: "Check `path` or `from`, and that the file is whole." },
    );
  }
  if (said.startsWith("Out of Memory")) {
    return new MillraceError(
      "DATABASE_FAILED",
      `DuckDB must get by with its memory, but did not: "${name}": ${said}`,
      {
        ...init,
        hint: "Raise `memoryLimit`, or lower `threads`.",
      },
    );
  }
  if (/^(?:Catalog|Binder) Error/.test(said)) {
    return new MillraceError(
      "TABLE_INVALID",
      `the database must keep the tables and columns it had when it was opened: "${name}": ${said}`,
      { ...init, hint: "Open it again." },
    );
  }
  return new MillraceError("DATABASE_FAILED", `DuckDB could not read "${name}": ${said}`, {
    ...init,
    hint: /Permission Error/.test(said)
      ? "A query reads what `path` and `from` name, and no other file."
      : "Check the query, and that the file is whole.",
  });
}
