/** Where keys are written while they are read, one column each: shared memory, once per process. */
import type { Dialect, SqlValue } from "../driver.js";

export type Integers = Int32Array | Float64Array | BigInt64Array;

/** One column of the keys in their order, all of it in shared memory: integers, or the bytes of texts and where each ends. */
export type KeyData =
  | { readonly kind: "int"; readonly integers: Integers }
  | { readonly kind: "text"; readonly bytes: Uint8Array; readonly ends: Float64Array };

export class IntegerStore {
  readonly kind = "int";

  constructor(readonly integers: Integers) {}

  take(value: SqlValue, index: number): boolean {
    if (typeof value !== "number" && typeof value !== "bigint") return false;
    const { integers } = this;
    if (integers instanceof BigInt64Array) integers[index] = BigInt(value);
    else integers[index] = Number(value);
    return index >= integers.length || Number(integers[index]) === Number(value);
  }

  flush(): void {}

  data(): KeyData {
    return { kind: "int", integers: this.integers };
  }
}

export class TextStore {
  readonly kind = "text";
  readonly #ends: Float64Array;
  readonly #pieces: Uint8Array[] = [];
  #parts: Uint8Array[] = [];
  #filled = 0;
  #total = 0;

  constructor(length: number) {
    this.#ends = new Float64Array(new SharedArrayBuffer(8 * length));
  }

  push(bytes: Uint8Array): void {
    this.#parts.push(bytes);
    this.#total += bytes.length;
    this.#ends[this.#filled++] = this.#total;
  }

  take(value: SqlValue, _index: number, dialect: Dialect): boolean {
    if (typeof value !== "string") return false;
    this.push(dialect.toBytes(value));
    return true;
  }

  /** Brings small pieces together, before there are very many of them. */
  flush(): void {
    this.#pieces.push(Buffer.concat(this.#parts));
    this.#parts = [];
  }

  data(): KeyData {
    const bytes = new Uint8Array(new SharedArrayBuffer(this.#total));
    let at = 0;
    for (const piece of this.#pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return { kind: "text", bytes, ends: this.#ends };
  }
}

/** The smallest that holds every integer from `low` to `high`. */
export function integerArray(length: number, low: bigint, high: bigint): Integers {
  if (low >= -(2n ** 31n) && high < 2n ** 31n) return new Int32Array(new SharedArrayBuffer(4 * length));
  const buffer = new SharedArrayBuffer(8 * length);
  return low > -(2n ** 53n) && high < 2n ** 53n ? new Float64Array(buffer) : new BigInt64Array(buffer);
}
