/** What a cache keeps its records in: memory that all threads share, or a folder. */
import type { Logger } from "../../contracts/logger.js";
import type { Schema, Schemas } from "./record.js";

/** The values of several records in one piece of memory. */
export interface Records {
  readonly memory: Buffer;
  /** Where those of each begin, at a multiple of 8; −1 where a sample is not there. */
  readonly starts: Int32Array;
  /** The schema of each. */
  readonly schemas: readonly (Schema | undefined)[];
}

/** Records by sample, for all threads of a process. */
export interface RecordStore {
  /** Those that were read so far. */
  readonly schemas: Schemas;
  /** The length of a sample's record in bytes, or 0 if it is not there. */
  lengthOf(index: number): number;
  /** The record of a sample, in memory of the caller's own; undefined if it is not there. */
  read(index: number): Buffer | undefined;
  /** Those of several samples together, where one piece of memory costs less than many; undefined where it does not. */
  readMany?(indices: readonly number[]): Records | undefined;
  /**
   * The same where they lie, for whoever copies from them at once and writes nothing; undefined where they lie apart or
   * are large.
   */
  viewMany?(indices: readonly number[]): Records | undefined;
  /** The same as `read` into `parts`, one after the other, which hold the record together; false if it is not there. */
  readInto(index: number, parts: readonly Uint8Array[]): boolean;
  /** True while samples are taken: whoever sees false need not make a record. */
  readonly open: boolean;
  /** Keeps a record; where there is no room it says so once, and takes no more. */
  write(index: number, record: Buffer): void;
  close(): void;
}

/** Says what a person should know. */
export type Warn = (fields: object, message: string) => void;

/** The logger's `warn`, or Node's own warnings where there is none. */
export function warnTo(logger: Logger | undefined): Warn {
  if (logger !== undefined) return (fields, message) => logger.warn(fields, message);
  return (_fields, message) => process.emitWarning(message, { code: "MILLRACE_CACHE" });
}

/** The one warning of a cache that is full, with the numbers that tell what it would take. */
export function fullMessage(stored: number, length: number, used: number, limit: number): string {
  const needed = stored === 0 ? "" : `; all of them would take about ${amount((used / stored) * length)}`;
  return `the cache is full: it holds ${stored} of ${length} samples in ${amount(used)} of ${amount(limit)} (maxBytes)${needed}. The others are made each time`;
}

/** Bytes as a person reads them: "12 KB", "3.4 GB"; powers of 1000. */
export function amount(bytes: number): string {
  const units = ["bytes", "KB", "MB", "GB", "TB"];
  let [value, unit] = [bytes, 0];
  while (value >= 999.5 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toPrecision(2)} ${units[unit]}`;
}
