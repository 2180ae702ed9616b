/** On which line each row or record of a file starts, in a few numbers: most follow the one before. */

/** Rows from `rows[i]` on start `offsets[i]` lines after the line of their own number. In shared memory. */
export interface LineNumbers {
  readonly rows: Float64Array;
  readonly offsets: Float64Array;
}

export interface LineCounter {
  /** The next row starts on this line. */
  push(line: number): void;
  finish(): LineNumbers;
}

export function lineCounter(): LineCounter {
  const rows: number[] = [];
  const offsets: number[] = [];
  let row = 0;
  let offset = Number.NaN;
  return {
    push(line) {
      if (line - row !== offset) {
        offset = line - row;
        rows.push(row);
        offsets.push(offset);
      }
      row++;
    },
    finish: () => ({ rows: shared(rows), offsets: shared(offsets) }),
  };
}

/** The line, from 1, on which the row starts. */
export function lineOf({ rows, offsets }: LineNumbers, row: number): number {
  let low = 0;
  let high = rows.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (rows[middle] <= row) low = middle;
    else high = middle - 1;
  }
  return row + offsets[low];
}

function shared(values: readonly number[]): Float64Array {
  const array = new Float64Array(new SharedArrayBuffer(values.length * 8));
  array.set(values);
  return array;
}
