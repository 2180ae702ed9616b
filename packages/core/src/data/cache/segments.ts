/** The segments that a cache's folder has when it is opened: which samples they hold. */
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { indexEntryBytes } from "./disk-store.js";
import { type Table, unitBytes } from "./table.js";

/** What a segment has. */
export interface Segment {
  readonly name: string;
  /** Bytes of its records. */
  readonly bytes: number;
  /** Entries that cannot be used: damaged, or of records beyond the end of the file. */
  readonly unusable: number;
}

/** A process that wrote to its segment less than this long ago may still do so, in milliseconds. */
const restingMs = 3_600_000;

/** The names of the segments in a folder, in the order in which they were begun. */
export function segmentNames(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".data"));
  return names.map((name) => name.slice(0, -".data".length)).sort();
}

/** Enters the samples of the segment `number` into the table, in place of those of segments before it. */
export function readSegment(folder: string, name: string, number: number, table: Table): Segment {
  // The index first: what it names is in the data by then.
  const index = contentOf(join(folder, `${name}.index`));
  const bytes = statSync(join(folder, `${name}.data`), { throwIfNoEntry: false })?.size ?? 0;
  let unusable = 0;
  // A torn entry at the end is what a killed process leaves, and one of zeros lies between those of several threads.
  for (let at = 0; at + indexEntryBytes <= index.length; at += indexEntryBytes) {
    const check = index.readUInt32LE(at + 16);
    const right = crc32(index.subarray(at, at + 16)) === check;
    const sample = index.readUInt32LE(at);
    const start = index.readUInt32LE(at + 4) * unitBytes;
    const length = index.readUInt32LE(at + 8);
    const checksum = index.readUInt32LE(at + 12);
    if (right && sample < table.length && start + length <= bytes) {
      table.publish(sample, { segment: number, start, length, checksum, verified: false });
    } else if (right || check !== 0) unusable++;
  }
  return { name, bytes, unusable };
}

/** A killed process may have had no time for its index, and another process may remove a segment at any time. */
function contentOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}

/** The numbers of the segments that hold a sample. */
export function segmentsInUse(table: Table): Set<number> {
  const used = new Set<number>();
  for (let index = 0; index < table.length; index++) {
    const entry = table.find(index);
    if (entry !== undefined) used.add(entry.segment);
  }
  return used;
}

/** True if no process writes to a segment any more. */
export function isResting(folder: string, name: string): boolean {
  const written = statSync(join(folder, `${name}.data`), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return Date.now() - written > restingMs;
}

/** Readers that have it open go on; to all others its samples are gone. */
export function removeSegment(folder: string, name: string): void {
  try {
    for (const ending of [".index", ".data"]) rmSync(join(folder, name + ending), { force: true });
  } catch {
    // Where files that are open cannot be removed, they stay.
  }
}
