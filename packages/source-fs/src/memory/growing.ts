/** Numbers that come row by row, nobody knows how many, and lie in shared memory at last. */

export type Numbers = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;
export interface NumbersOf<A extends Numbers> {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): A;
  new (buffer: SharedArrayBuffer): A;
}

/** Elements of one block. */
const blockLength = 2 ** 18;

/** Rows of `width` numbers. Growing copies nothing; only `shared` does, once. */
export class GrowingRows<A extends Numbers> {
  readonly #type: NumbersOf<A>;
  readonly #width: number;
  readonly #blocks: A[] = [];
  #used = 0;
  /** Where `next` says that a row goes. */
  block: A;

  constructor(type: NumbersOf<A>, width: number) {
    this.#type = type;
    this.#width = width;
    this.block = this.#newBlock();
  }

  /** Where the next row starts in `block`. */
  next(): number {
    if (this.#used + this.#width > this.block.length) {
      this.block = this.#newBlock();
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += this.#width;
    return start;
  }

  /** All rows, one after the other, in memory that threads can be given; the rows' own is given up, so this is the end. */
  shared(): A {
    const perBlock = this.block.length;
    const length = (this.#blocks.length - 1) * perBlock + this.#used;
    const all = new this.#type(new SharedArrayBuffer(length * this.#type.BYTES_PER_ELEMENT));
    for (const [i, block] of this.#blocks.entries()) {
      all.set(i === this.#blocks.length - 1 ? block.subarray(0, this.#used) : block, i * perBlock);
    }
    this.#blocks.length = 0;
    this.block = new this.#type(0);
    return all;
  }

  #newBlock(): A {
    const rows = Math.max(1, Math.floor(blockLength / this.#width));
    const block = new this.#type(rows * this.#width);
    this.#blocks.push(block);
    return block;
  }
}
