/** How wide text stands on a terminal: two columns for what East Asia and emoji take two for, none for marks and colours. */
import { stripVTControlCharacters } from "node:util";

const characters = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Unicode's East Asian width W and F, told by scripts, so that it holds for characters of later versions too. */
const wide =
  /^[\p{Emoji_Presentation}\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Yi}\p{sc=Tangut}\p{sc=Nushu}\p{sc=Khitan_Small_Script}\u1100-\u115f\u2329\u232a\u2ff0-\u303e\u3099-\u4dff\ua960-\ua97c\uac00-\ud7a3\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f200}-\u{1f2ff}]/u;
const halfWidth = /^[\uff61-\uffdc\uffe8-\uffee]/u;
const markOrControl = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]/u;
/** Asks for the picture of a character that is text by itself, such as a heart. */
const asPicture = "\ufe0f";

/** Columns that `text` takes; escape codes, such as colours, take none. */
export function widthOf(text: string): number {
  const plain = stripVTControlCharacters(text);
  if (/^[ -~]*$/.test(plain)) return plain.length;
  let width = 0;
  for (const { segment } of characters.segment(plain)) width += characterWidth(segment);
  return width;
}

/** At most `columns` of it, in one line without escape codes; what was cut off is told by an ellipsis. */
export function cut(text: string, columns: number): string {
  const plain = stripVTControlCharacters(text).replace(/\p{Cc}+/gu, " ");
  if (widthOf(plain) <= columns) return plain;
  let kept = "";
  let width = 0;
  for (const { segment } of characters.segment(plain)) {
    width += characterWidth(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return columns < 1 ? "" : `${kept}…`;
}

/** The same with the ellipsis in the middle: names of files and runs differ at their ends. */
export function cutMiddle(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let tail = "";
  for (const { segment } of [...characters.segment(text)].reverse()) {
    if (widthOf(segment + tail) > (columns - 1) / 2) break;
    tail = segment + tail;
  }
  return cut(text, columns - widthOf(tail)) + tail;
}

/** With spaces behind it, or before it, up to `columns`. */
export function padded(text: string, columns: number, side: "left" | "right" = "left"): string {
  const spaces = " ".repeat(Math.max(0, columns - widthOf(text)));
  return side === "left" ? text + spaces : spaces + text;
}

/** Lines of at most `columns`, broken between words and indented; a longer word, such as a path, stays whole. */
export function folded(text: string, columns: number): string {
  return text
    .split("\n")
    .map((line) => foldedLine(line, columns))
    .join("\n");
}

function foldedLine(line: string, columns: number): string {
  if (widthOf(line) <= columns) return line;
  const margin = /^ */.exec(stripVTControlCharacters(line))?.[0].length ?? 0;
  const indent = " ".repeat(margin + 2);
  const lines: string[] = [];
  let [present, ...words] = line.split(" ");
  for (const word of words) {
    if (widthOf(present) > margin && widthOf(present) + 1 + widthOf(word) > columns) {
      lines.push(present.trimEnd());
      present = indent + word;
    } else present += ` ${word}`;
  }
  return [...lines, present].join("\n");
}

function characterWidth(character: string): 0 | 1 | 2 {
  if (markOrControl.test(character)) return 0;
  if (halfWidth.test(character)) return 1;
  return character.includes(asPicture) || wide.test(character) ? 2 : 1;
}
