/** The bytes of a text in UTF-8, without an array of them. */

/** Told of every byte, and of the units of the text that it is a part of. */
export type ByteVisitor = (byte: number, start: number, end: number) => void;

/** `text` is well-formed. */
export function eachByte(text: string, visit: ByteVisitor): void {
  for (let i = 0; i < text.length; ) {
    const code = text.charCodeAt(i);
    if (code < 0x80) {
      visit(code, i, ++i);
      continue;
    }
    const start = i;
    const point = text.codePointAt(i) ?? code;
    const end = point > 0xffff ? i + 2 : i + 1;
    if (point > 0xffff) {
      visit(0xf0 | (point >> 18), start, end);
      visit(0x80 | ((point >> 12) & 0x3f), start, end);
    } else if (point > 0x7ff) visit(0xe0 | (point >> 12), start, end);
    if (point > 0x7ff) visit(0x80 | ((point >> 6) & 0x3f), start, end);
    else visit(0xc0 | (point >> 6), start, end);
    visit(0x80 | (point & 0x3f), start, end);
    i = end;
  }
}
