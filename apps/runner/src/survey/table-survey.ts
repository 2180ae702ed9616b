/** A table that was looked at: which source reads it, and what its columns are. */
import type { Dataset } from "@millrace/core";
import type { ColumnFindings } from "./column.js";

/** Opens a source by name. Whoever calls closes it. */
export type OpenSource = (use: string, options: object, baseUrl: URL) => Promise<Dataset>;

export interface TableSurvey {
  /** The source's name. */
  readonly use: string;
  /** Its options that say what is read, without `path`, each with what decided it where anything did. */
  readonly options: Readonly<Record<string, unknown>>;
  /** What was found of the file as a whole, a line each, in words for a person. */
  readonly found: readonly string[];
  /** Rows in all; of those that were looked at where the file was not read to its end. */
  readonly rows: number;
  readonly looked: number;
  readonly columns: readonly ColumnFindings[];
  /** Columns that only name a row, by the keys that a database states. */
  readonly keys: readonly string[];
  /** Some rows as they stand, by column, for an example of what can be asked. */
  readonly examples: readonly Readonly<Record<string, unknown>>[];
  /** Of databases, whose label is an option of its own: the options by which rows without a value of a column are not read. */
  readonly without?: (column: string) => Readonly<Record<string, unknown>>;
  /** Packages that the source needs beside the runner's own. */
  readonly packages?: Readonly<Record<string, string>>;
}

export interface TableAsked {
  /** Of a database: its table, or a SELECT. */
  readonly table?: string | undefined;
  readonly query?: string | undefined;
  readonly open: OpenSource;
}

/** Rows that are looked at: what stands behind them is taken to be alike. */
export const mostRows = 100_000;
