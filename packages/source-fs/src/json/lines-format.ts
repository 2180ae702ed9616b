/** Records of JSON that stand on a line each. */
import { jsonRecord } from "./record.js";
import { lineScanner } from "../lines/scan-lines.js";
import type { JsonFormat } from "./open.js";

/** Most bytes of a line, unless somebody says otherwise. */
export const usualLineBytes = 2 ** 24;

export function jsonLines(maxLineBytes: number): JsonFormat {
  return {
    mostBytes: maxLineBytes,
    scan: (name, onRecord) => lineScanner(name, { skipBlank: true, maxLineBytes }, onRecord),
    cut(bytes) {
      const end = bytes.indexOf(10);
      return end === -1 ? bytes : bytes.subarray(0, end);
    },
    parse: jsonRecord,
    keyOf: (name, _, line) => `${name}:${line}`,
  };
}
