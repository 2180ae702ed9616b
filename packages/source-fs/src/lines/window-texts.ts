/** The texts of windows of lines, read when they are asked for. */
import { textOf } from "./decode.js";
import { lineOf } from "./line-numbers.js";
import { recordReader } from "./read-records.js";
import { fileOf, type RecordIndex } from "./record-index.js";
import { windowsOf } from "./windows.js";

export interface WindowOptions {
  readonly window: number;
  readonly stride?: number | undefined;
  readonly skipBlank: boolean;
  readonly maxLineBytes: number;
}

export interface WindowTexts {
  readonly length: number;
  /** Errors: FILE_NOT_FOUND, FILE_FORMAT, DATASET_CLOSED. */
  readonly textsAt: (indices: readonly number[]) => string[];
  /** The file and the line, from 1, where a window begins. */
  readonly keyOf: (index: number) => string;
  readonly close: () => void;
}

export function windowTexts(index: RecordIndex, options: WindowOptions): WindowTexts {
  const { window, stride = window, skipBlank, maxLineBytes } = options;
  const { files, starts } = index;
  const windows = windowsOf(files, starts.length, window, stride);
  const reader = recordReader(index, maxLineBytes + lineEndBytes);
  const beginOf = (first: number): readonly [name: string, line: number] => {
    const { name, lines, first: own } = files[fileOf(files, first)];
    return [name, lineOf(lines, first - own)];
  };
  return {
    length: windows.length,
    textsAt(indices) {
      const spans = indices.map(windows.at);
      return reader.read(spans).map((bytes, i) => {
        const { first, last } = spans[i];
        return joined(textOf(bytes, ...beginOf(first)), skipBlank, last - first);
      });
    },
    keyOf(at) {
      const [name, line] = beginOf(windows.at(at).first);
      return `${name}:${line}`;
    },
    close: reader.close,
  };
}

const lineEndBytes = 2;

/** The lines of one window; between those that were indexed may stand others that are blank and do not count. */
function joined(text: string, skipBlank: boolean, count: number): string {
  const lines = text.split("\n").map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
  const own = skipBlank ? lines.filter((line) => !isBlank(line)) : lines;
  return own.slice(0, count).join("\n");
}

/** As the index has it: other blanks of Unicode are text. */
function isBlank(line: string): boolean {
  return /^[ \t\r]*$/.test(line);
}
