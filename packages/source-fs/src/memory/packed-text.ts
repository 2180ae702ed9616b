/** Many short texts in shared memory: held once for all threads, a string only while somebody looks at it. */

export interface PackedText {
  /** All texts in UTF-8, one after the other. */
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  /** Where each begins, and where the last ends. */
  readonly starts: Float64Array<SharedArrayBuffer>;
}

export function packText(texts: readonly string[]): PackedText {
  const starts = new Float64Array(new SharedArrayBuffer((texts.length + 1) * 8));
  let end = 0;
  for (const [i, text] of texts.entries()) {
    end += Buffer.byteLength(text);
    starts[i + 1] = end;
  }
  const bytes = new Uint8Array(new SharedArrayBuffer(end));
  const target = Buffer.from(bytes.buffer);
  for (const [i, text] of texts.entries()) target.write(text, starts[i]);
  return { bytes, starts };
}

/** The text at each index. */
export function unpacked({ bytes, starts }: PackedText): (index: number) => string {
  const source = Buffer.from(bytes.buffer);
  return (index) => source.toString("utf8", starts[index], starts[index + 1]);
}
