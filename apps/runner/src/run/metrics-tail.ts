/** metrics.jsonl as it grows: each look reads what was written since the last one, whole lines only. */
import { open } from "node:fs/promises";
import { linesOf, type MetricsLine } from "./metrics-file.js";

export interface MetricsTail {
  /**
   * Calls `take` with the lines that are new, and before them `restart` where the file is another one than before: it is
   * shorter, or gone. One look at a time.
   */
  read(take: (lines: readonly MetricsLine[]) => void, restart: () => void): Promise<void>;
}

/** So much is read at once. */
const pieceBytes = 4 * 2 ** 20;
const newline = 0x0a;

export function metricsTail(path: string): MetricsTail {
  /** Up to where whole lines were read. */
  let offset = 0;
  return {
    async read(take, restart) {
      const file = await open(path).catch(() => undefined);
      try {
        const size = file === undefined ? 0 : (await file.stat()).size;
        if (size < offset) {
          offset = 0;
          restart();
        }
        while (offset < size) {
          const buffer = Buffer.alloc(Math.min(pieceBytes, size - offset));
          const bytesRead = (await file?.read({ buffer, position: offset }))?.bytesRead ?? 0;
          const end = bytesRead === 0 ? 0 : buffer.lastIndexOf(newline, bytesRead - 1) + 1;
          if (end === 0) return;
          take(linesOf(buffer.toString("utf8", 0, end)));
          offset += end;
        }
      } finally {
        await file?.close();
      }
    },
  };
}
