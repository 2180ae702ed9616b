/** Many short texts in shared memory: held once for all threads, a string only while somebody looks at it. */
import { GrowingRows } from "./growing.js";

export interface PackedText {
  /** All texts in UTF-8, one after the other. */
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  /** Where each begins, and where the last ends. */
  readonly starts: Float64Array<SharedArrayBuffer> | Uint32Array<SharedArrayBuffer>;
}

/** Texts that come one after the other, or any bytes; how many, nobody knows before the last. */
export class TextPacker {
  readonly #blocks: Buffer[] = [];
  readonly #lengths = new GrowingRows(Uint32Array, 1);
  #block = Buffer.alloc(0);
  #used = 0;
  #total = 0;

  push(text: string): void {
    // UTF-8 takes no more than three bytes for one unit of UTF-16.
    this.#makeRoom(text.length * 3);
    this.#end(this.#block.write(text, this.#used));
  }

  pushBytes(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length);
    this.#block.set(bytes, this.#used);
    this.#end(bytes.length);
  }

  finish(): PackedText {
    const lengths = this.#lengths.shared();
    const starts = startsFor(lengths.length + 1, this.#total);
    for (let i = 0; i < lengths.length; i++) starts[i + 1] = starts[i] + lengths[i];
    const bytes = new Uint8Array(new SharedArrayBuffer(this.#total));
    let at = 0;
    for (const block of [...this.#blocks, this.#block.subarray(0, this.#used)]) {
      bytes.set(block, at);
      at += block.length;
    }
    this.#blocks.length = 0;
    return { bytes, starts };
  }

  #makeRoom(bytes: number): void {
    if (this.#used + bytes <= this.#block.length) return;
    if (this.#used > 0) this.#blocks.push(this.#block.subarray(0, this.#used));
    this.#block = Buffer.allocUnsafeSlow(Math.max(blockBytes, bytes));
    this.#used = 0;
  }

  #end(bytes: number): void {
    this.#used += bytes;
    this.#total += bytes;
    const at = this.#lengths.next();
    this.#lengths.block[at] = bytes;
  }
}

const blockBytes = 2 ** 20;

function startsFor(length: number, total: number): PackedText["starts"] {
  return total < 2 ** 32
    ? new Uint32Array(new SharedArrayBuffer(length * 4))
    : new Float64Array(new SharedArrayBuffer(length * 8));
}

export function packText(texts: readonly string[]): PackedText {
  const packer = new TextPacker();
  for (const text of texts) packer.push(text);
  return packer.finish();
}

/** The text at each index. */
export function unpacked({ bytes, starts }: PackedText): (index: number) => string {
  const source = Buffer.from(bytes.buffer);
  return (index) => source.toString("utf8", starts[index], starts[index + 1]);
}

/** The bytes at each index: a copy. */
export function unpackedBytes({ bytes, starts }: PackedText): (index: number) => Uint8Array {
  return (index) => Uint8Array.from(bytes.subarray(starts[index], starts[index + 1]));
}
