/** Windows over the lines of files: none goes beyond its file. */
import { fileOf, type RecordFile } from "./record-index.js";
import type { Span } from "./read-records.js";

export interface Windows {
  readonly length: number;
  readonly at: (index: number) => Span;
}

/**
 * A window of `window` lines every `stride` lines of each file. The last one of a file is the first that reaches its end, and
 * has fewer lines where the file has no more. `total` is the number of lines of all files.
 */
export function windowsOf(
  files: readonly RecordFile[],
  total: number,
  window: number,
  stride: number,
): Windows {
  if (window === 1 && stride === 1)
    return { length: total, at: (index) => ({ first: index, last: index + 1 }) };
  const lastOf = (file: number): number => (file + 1 < files.length ? files[file + 1].first : total);
  let length = 0;
  const firsts = files.map((file, i) => {
    const lines = lastOf(i) - file.first;
    const first = length;
    // Those that begin before the file's end, up to the first that reaches it.
    const behind = Math.min(
      Math.ceil(Math.max(0, lines - window) / stride),
      Math.floor((lines - 1) / stride),
    );
    if (lines > 0) length += behind + 1;
    return { ...file, first };
  });
  return {
    length,
    at(index) {
      const file = fileOf(firsts, index);
      const first = files[file].first + (index - firsts[file].first) * stride;
      return { first, last: Math.min(first + window, lastOf(file)) };
    },
  };
}
