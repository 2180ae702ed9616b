/** metrics.jsonl as it grows: each look reads what was written since the last one, whole lines only. */
import { open } from "node:fs/promises";
import { linesOf, type MetricsLine } from "./metrics-file.js";

export interface MetricsTail {
  /** All lines so far; the same array as before where nothing was added. Nothing where the file is not there. */
  read(): Promise<readonly MetricsLine[]>;
}

/** So much is read at once. */
const pieceBytes = 4 * 2 ** 20;
const newline = 0x0a;

export function metricsTail(path: string): MetricsTail {
  let lines: readonly MetricsLine[] = [];
  /** Up to where whole lines were read. */
  let offset = 0;
  let reading: Promise<unknown> = Promise.resolve();
  const look = async (): Promise<void> => {
    const file = await open(path).catch(() => undefined);
    if (file === undefined) {
      [lines, offset] = [[], 0];
      return;
    }
    try {
      const { size } = await file.stat();
      // What is shorter than before is another file: a run's own only grows.
      if (size < offset) [lines, offset] = [[], 0];
      while (offset < size) {
        const { buffer, bytesRead } = await file.read({
          buffer: Buffer.alloc(Math.min(pieceBytes, size - offset)),
          position: offset,
        });
        const end = buffer.lastIndexOf(newline, bytesRead - 1) + 1;
        if (bytesRead === 0 || end === 0) return;
        lines = [...lines, ...linesOf(buffer.toString("utf8", 0, end))];
        offset += end;
      }
    } finally {
      await file.close();
    }
  };
  return {
    async read() {
      const turn = reading.then(look, look);
      reading = turn.catch(() => undefined);
      await turn;
      return lines;
    },
  };
}
