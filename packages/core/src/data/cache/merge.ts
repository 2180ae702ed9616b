/** Keeps the number of a cache's files small: every run that makes a sample adds a segment. */
import { type DiskHandle, DiskStore } from "./disk-store.js";
import { isResting, removeSegment, type Segment, segmentsInUse } from "./segments.js";
import type { Warn } from "./store.js";
import { Table } from "./table.js";

/** Each thread may have this many files open. */
const mostSegments = 32;

/** Where there are more, the largest stay. */
const staying = 16;

/** The numbers of segments that hold nothing that others do not, and of small ones where there are too many. */
export function leavingSegments(folder: string, segments: readonly Segment[], table: Table): Set<number> {
  const used = segmentsInUse(table);
  const resting = [...segments.keys()].filter((i) => isResting(folder, segments[i].name));
  const leaving = new Set(resting.filter((i) => !used.has(i)));
  if (segments.length - leaving.size <= mostSegments) return leaving;
  const bySize = resting.filter((i) => used.has(i)).sort((a, b) => segments[b].bytes - segments[a].bytes);
  for (const i of bySize.slice(staying)) leaving.add(i);
  return leaving;
}

/** Moves the samples of segments that leave into this process's own, and removes the files. */
export function moveSamples(handle: DiskHandle, leaving: ReadonlySet<number>, warn: Warn): void {
  if (leaving.size === 0) return;
  const table = new Table(handle.table);
  const store = new DiskStore(handle, warn);
  for (let index = 0; index < table.length; index++) {
    const entry = table.find(index);
    if (entry === undefined || !leaving.has(entry.segment)) continue;
    const record = store.read(index);
    const now = table.find(index);
    if (record === undefined || now === undefined) continue;
    table.forget(index, now);
    store.write(index, record);
  }
  store.close();
  // Without room for all of them, they stay for another time.
  if (!store.open) return;
  for (const segment of leaving) removeSegment(handle.folder, handle.segments[segment]);
}
