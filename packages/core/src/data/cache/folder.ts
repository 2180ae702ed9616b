/** The folder of caches on disk: one folder inside for each key, the least recently used of which make room. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../errors.js";
import type { DiskHandle } from "./disk-store.js";
import { leavingSegments, moveSamples } from "./merge.js";
import { readSegment, type Segment, segmentNames } from "./segments.js";
import { aboutName, evict } from "./evict.js";
import { amount, type Warn } from "./store.js";
import { newTable, Table } from "./table.js";

/** How a cache on disk is opened. */
export interface FolderOptions {
  /** Where caches lie: absolute. */
  readonly folder: string;
  /** What the samples depend on, as a file name. */
  readonly key: string;
  /** The same in words, for a person who looks into the folder. */
  readonly about: unknown;
  /** Samples. */
  readonly length: number;
  /** Most bytes of this key. */
  readonly maxBytes: number;
  /** Most bytes of all keys in the folder, when one is opened. */
  readonly maxTotalBytes: number;
  readonly warn: Warn;
  readonly inform: Warn;
}

/**
 * Opens or makes the cache of a key. A folder that cannot be used is a warning, and a cache that keeps nothing: the work
 * goes on without.
 */
export function openFolder(options: FolderOptions): DiskHandle {
  const { folder: root, key, length, maxBytes, maxTotalBytes, warn, inform } = options;
  const folder = join(root, key);
  // No record of its own may wait for others: files have no chunks.
  const empty = newTable(length, maxBytes, Number.MAX_SAFE_INTEGER);
  try {
    prepare(root, folder, options.about);
    evict(root, key, maxTotalBytes, inform);
    const table = new Table(empty);
    const segments = segmentNames(folder).map((name, number) => readSegment(folder, name, number, table));
    sayUnusable(folder, segments, warn);
    const leaving = leavingSegments(folder, segments, table);
    const usedBefore = segments.reduce((sum, { bytes }, i) => sum + (leaving.has(i) ? 0 : bytes), 0);
    const handle: DiskHandle = {
      in: "disk",
      table: { ...empty, limit: Math.max(0, maxBytes - usedBefore) },
      folder,
      segments: [...segments.map(({ name }) => name), newName()],
      usedBefore,
    };
    moveSamples(handle, leaving, warn);
    const { stored } = table;
    inform(
      { folder, stored, samples: length, bytes: usedBefore },
      `the cache in ${folder} holds ${stored} of ${length} samples in ${amount(usedBefore + table.used)}`,
    );
    return handle;
  } catch (error) {
    warn(
      { folder },
      `the cache in ${folder} cannot be opened: ${messageOf(error)}. Samples are made each time`,
    );
    const none = newTable(length, 0, Number.MAX_SAFE_INTEGER);
    new Table(none).stop();
    return { in: "disk", table: none, folder, segments: [newName()], usedBefore: 0 };
  }
}

function prepare(root: string, folder: string, about: unknown): void {
  if (!existsSync(root)) {
    mkdirSync(root, { recursive: true });
    writeFileSync(join(root, ".gitignore"), "*\n");
  }
  mkdirSync(folder, { recursive: true });
  const file = join(folder, aboutName);
  try {
    if (!existsSync(file)) {
      const draft = join(folder, `${newName()}.draft`);
      writeFileSync(draft, `${JSON.stringify(about, undefined, 2)}\n`);
      renameSync(draft, file);
    }
    const now = new Date();
    utimesSync(file, now, now);
  } catch {
    // A cache that cannot be written to can still be read; the first write says so.
  }
}

/** Begins with the time, so that sorted names are in the order of their beginning. */
function newName(): string {
  return `${Date.now().toString(36).padStart(9, "0")}-${randomBytes(6).toString("hex")}`;
}

function sayUnusable(folder: string, segments: readonly Segment[], warn: Warn): void {
  for (const { name, unusable } of segments) {
    if (unusable === 0) continue;
    warn(
      { folder, segment: name, records: unusable },
      `${unusable} records of the cache file ${join(folder, `${name}.data`)} cannot be used: it is damaged or cut off. They are made again`,
    );
  }
}
