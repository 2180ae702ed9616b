/** DuckDB's own library for Node, loaded when it is needed. */
import { messageOf, MillraceError } from "@millrace/core";

export type Library = typeof import("@duckdb/node-api");

export async function loadDuckdb(): Promise<Library> {
  try {
    return await import("@duckdb/node-api");
  } catch (error) {
    throw new MillraceError(
      "PACKAGE_MISSING",
      `source duckdb needs the package @duckdb/node-api: ${messageOf(error)}`,
      { hint: "Run `npm install @duckdb/node-api`.", cause: error },
    );
  }
}
