/** Finds the elements of one JSON array as a file's bytes come, wherever it stands: nothing of them is kept. */
import { MillraceError } from "@millrace/core";
import { placeOf, tooLong } from "../lines/faults.js";
import type { OnRecord, RecordScanner } from "../lines/record-index.js";
import { byteOrderMark } from "../lines/scan-lines.js";

const [quote, backslash, comma, colon, lineFeed] = [0x22, 0x5c, 0x2c, 0x3a, 10];
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];
/** Names of keys in a hint. */
const mostNamed = 20;
/** Bytes of a key that may be the one that is looked for. */
const longestKey = 2 ** 16;

export interface ElementRules {
  /** The keys that lead to the array; none where the whole file is one. */
  readonly at: readonly string[];
  readonly maxRecordBytes: number;
}

/**
 * Brackets and commas outside of texts say where elements begin; whether an element is JSON is seen when it is read.
 * Errors: FILE_FORMAT, with line and column, where there is no array, an element is missing, or the file ends too early.
 */
export function elementScanner(name: string, rules: ElementRules, onRecord: OnRecord): RecordScanner {
  const { at: path, maxRecordBytes } = rules;
  /** Bytes before this piece; where its line began; which line it is. */
  let [before, lineStart, line] = [0, 0, 1];
  let depth = 0;
  let [inText, escaped] = [false, false];
  /** Keys of `path` that have been found; the depth of the array once it has. */
  let matched = 0;
  let arrayDepth = -1;
  let isDone = false;
  /** Of the array: where the element begins, and whether one must, after a comma. */
  let start = -1;
  let mustFollow = false;
  let end = 0;
  /** Of an object on the way: the text that was read last, and the keys there. */
  let key: number[] | undefined;
  let seen: string[] = [];
  let atValue = true;

  const fault = (at: number, rule: string, hint = "Is it cut off, or no JSON?"): MillraceError =>
    new MillraceError("FILE_FORMAT", rule, { where: [placeOf(name, line, at - lineStart + 1)], hint });

  const begin = (at: number, byte: number): void => {
    if (byte !== closeList && byte !== comma) {
      start = at;
      onRecord(at, line);
    } else if (byte === comma || mustFollow)
      throw fault(at, "a list must have a value on each side of a comma");
  };

  /** The value that the way leads through, or to. */
  const enter = (at: number, byte: number): void => {
    atValue = false;
    const isLast = matched === path.length;
    const where =
      path.length === 0
        ? "the file"
        : isLast
          ? `"${path.join(".")}"`
          : `"${path.slice(0, matched).join(".")}"`;
    if (isLast ? byte === openList : byte === openObject) {
      if (isLast) arrayDepth = depth + 1;
      return;
    }
    const wanted = isLast ? "a list of samples" : "an object";
    const hint =
      isLast && byte === openObject
        ? "Set `at` to the keys that lead to the list, such as data.items; if each line is an object, use json-lines."
        : undefined;
    throw fault(at, `${where || "the file"} must be ${wanted}`, hint);
  };

  /** A key, or the end, of the object whose keys are being compared. */
  const onWay = (at: number, byte: number): void => {
    if (byte === quote) key = [];
    else if (byte === colon && key !== undefined) {
      const text = keyText(key);
      if (text === path[matched]) {
        matched++;
        atValue = true;
        seen = [];
      } else if (seen.length <= mostNamed) seen.push(text);
      key = undefined;
    } else if (byte === closeObject) {
      const there = seen.slice(0, mostNamed).join(", ") || "nothing";
      throw fault(
        at,
        `the way to the list must have the key "${path[matched]}", it is not there`,
        `There is: ${there}.`,
      );
    }
  };

  return {
    write(piece) {
      for (let i = before === 0 ? byteOrderMark(name, piece) : 0; i < piece.length; i++) {
        const byte = piece[i];
        if (inText) {
          if (escaped) escaped = false;
          else if (byte === backslash) escaped = true;
          else if (byte === quote) inText = false;
          if (key !== undefined && inText && key.length < longestKey) key.push(byte);
          continue;
        }
        if (byte === lineFeed) {
          line++;
          lineStart = before + i + 1;
          continue;
        }
        if (byte === 32 || byte === 9 || byte === 13) continue;
        const at = before + i;
        if (isDone && depth === 0)
          throw fault(at, "a JSON file must hold one value, but something follows it");
        if (arrayDepth === -1) {
          if (atValue) enter(at, byte);
          else if (depth === matched + 1) onWay(at, byte);
        } else if (!isDone) {
          if (start === -1) begin(at, byte);
          if (depth === arrayDepth && (byte === comma || byte === closeList)) {
            if (start !== -1 && at - start > maxRecordBytes)
              throw tooLong(placeOf(name, line), "sample", maxRecordBytes, "maxRecordBytes");
            start = -1;
            mustFollow = byte === comma;
            isDone = byte === closeList;
            end = at;
          }
        }
        if (byte === quote) inText = true;
        else if (byte === openList || byte === openObject) depth++;
        else if (byte === closeList || byte === closeObject) depth--;
      }
      before += piece.length;
    },
    end() {
      if (isDone && depth === 0 && !inText) return end;
      throw fault(
        before,
        before === 0
          ? "a JSON file must hold a value, but is empty"
          : "a JSON file must be whole, but ends here",
      );
    },
  };
}

function keyText(bytes: readonly number[]): string {
  const raw = Buffer.from(bytes).toString("utf8");
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    return raw;
  }
}
