/** Parts of files, read when they are asked for: neighbours together, and only while the files are what they were. */
import { closeSync, openSync, readSync } from "node:fs";
import { fileFault, MillraceError } from "@millrace/core";
import type { NamedFile } from "./find.js";
import { stampOf } from "./stamp.js";

/** A file as it was when it was opened. */
export interface StampedFile extends NamedFile {
  readonly stamp?: string | undefined;
}

/** Bytes of a file. */
export interface Part {
  /** Which of the files. */
  readonly file: number;
  readonly start: number;
  readonly end: number;
}

export interface FileReader {
  /**
   * Looks first whether the file is what it was, unless somebody has just done so. Errors: FILE_NOT_FOUND, FILE_FORMAT where it
   * was changed, FILE_FAILED, DATASET_CLOSED.
   */
  readonly read: (part: Part, isKnown?: boolean) => Buffer;
  readonly close: () => void;
}

/** Files that one thread keeps open. */
const mostOpen = 64;

/** Files are opened when they are first read. */
export function fileReader(files: readonly StampedFile[]): FileReader {
  const handles = new Map<number, number>();
  let isClosed = false;
  const handleOf = (file: number): number => {
    const known = handles.get(file);
    if (known !== undefined) return known;
    if (handles.size === mostOpen) {
      const [oldest] = handles;
      handles.delete(oldest[0]);
      closeSync(oldest[1]);
    }
    const handle = openSync(files[file].path, "r");
    handles.set(file, handle);
    return handle;
  };
  return {
    read({ file, start, end }, isKnown = false) {
      const { name, path, stamp } = files[file];
      if (isClosed) throw closed(name);
      const now = isKnown ? stamp : stampOf(path);
      if (now !== stamp) throw now === undefined ? gone(path) : changed(path);
      const bytes = Buffer.allocUnsafe(end - start);
      try {
        const handle = handleOf(file);
        for (let at = 0; at < bytes.length; ) {
          const count = readSync(handle, bytes, at, bytes.length - at, start + at);
          if (count === 0) throw changed(path);
          at += count;
        }
      } catch (error) {
        throw fileFault(error, path, "cannot be read");
      }
      return bytes;
    },
    close() {
      isClosed = true;
      for (const handle of handles.values()) closeSync(handle);
      handles.clear();
    },
  };
}

/** Bytes between two parts that are rather read than left out: a read costs about as much. */
const smallGap = 2 ** 13;
/** Bytes of one read of several parts. */
const longestRead = 2 ** 22;

/** The bytes of each part, in the order asked for; `read` is asked for neighbours together. */
export function readParts(parts: readonly Part[], read: FileReader["read"]): Buffer[] {
  const found = new Array<Buffer>(parts.length);
  let known = -1;
  for (const group of neighbours(parts)) {
    const [{ part: first }] = group;
    const end = Math.max(...group.map(({ part }) => part.end));
    const bytes = read({ ...first, end }, first.file === known);
    known = first.file;
    for (const { part, at } of group)
      found[at] = bytes.subarray(part.start - first.start, part.end - first.start);
  }
  return found;
}

interface Placed {
  readonly part: Part;
  /** Which of the parts that were asked for. */
  readonly at: number;
}

/** The parts, sorted, in groups of which each is worth one read. */
function neighbours(parts: readonly Part[]): Placed[][] {
  const sorted = parts
    .map((part, at) => ({ part, at }))
    .sort((a, b) => a.part.file - b.part.file || a.part.start - b.part.start);
  const groups: Placed[][] = [];
  let end = 0;
  for (const placed of sorted) {
    const { part } = placed;
    const group = groups.at(-1);
    const first = group?.[0].part;
    const isNear =
      first !== undefined &&
      first.file === part.file &&
      part.start - end <= smallGap &&
      part.end - first.start <= longestRead;
    if (isNear) group?.push(placed);
    else groups.push([placed]);
    end = isNear ? Math.max(end, part.end) : part.end;
  }
  return groups;
}

export function changed(path: string, what = "was changed since it was opened"): MillraceError {
  return new MillraceError("FILE_FORMAT", `a file must stay as it is while it is used, but ${what}`, {
    where: [path],
    hint: "Start again when nobody writes to it any more.",
  });
}

function gone(path: string): MillraceError {
  return new MillraceError("FILE_NOT_FOUND", `file ${path} is no longer there`, {
    hint: "Samples are read when they are asked for: keep the file in its place.",
  });
}

function closed(name: string): MillraceError {
  return new MillraceError("DATASET_CLOSED", `a dataset must not be read after close: "${name}"`);
}
