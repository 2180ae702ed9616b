/** Texts as UTF-16 units in an array, where scanning, hashing and comparing take half the time that they take in a string. */

const least = 4096;

/** One text after the other, in memory that is used again. */
export class TextUnits {
  text = "";
  length = 0;
  units = new Uint16Array(least);
  #bytes = Buffer.from(this.units.buffer);

  static of(text: string): TextUnits {
    return new TextUnits().load(text);
  }

  load(text: string): this {
    const { length } = text;
    // What one long text needed is given back.
    if (length > this.units.length || this.units.length > 1 << 20) {
      this.units = new Uint16Array(Math.max(least, 2 * length));
      this.#bytes = Buffer.from(this.units.buffer);
    }
    this.#bytes.write(text, 0, "utf16le");
    this.text = text;
    this.length = length;
    return this;
  }
}

/** Tokens of so many units, each of one byte, are told apart by their key alone. */
const mostExact = 8;

/** What finds a token in a table: its own units where they are few and of one byte, else a hash of them. */
export class TokenKey {
  low = 0;
  high = 0;
  /** How many units there are; below 0, and less by 1, where the key is a hash. */
  shape = 0;

  /** The key of units `start` to `end`. */
  of(units: Uint16Array, start: number, end: number): this {
    let [low, high, wide] = [0, 0, 0];
    if (end - start <= mostExact) {
      for (let i = start; i < end; i++) {
        const unit = units[i];
        high = (high << 8) | (low >>> 24);
        low = (low << 8) | unit;
        wide |= unit;
      }
      if (wide < 256) return this.exact(low, high, end - start);
    }
    return this.#hashed(units, start, end);
  }

  /** The same where the units were shifted in while they were scanned, and `wide` is all of them, one or the other. */
  scanned(units: Uint16Array, start: number, end: number, low: number, high: number, wide: number): this {
    return wide < 256 && end - start <= mostExact
      ? this.exact(low, high, end - start)
      : this.#hashed(units, start, end);
  }

  exact(low: number, high: number, length: number): this {
    this.low = low;
    this.high = high;
    this.shape = length;
    return this;
  }

  /** FNV-1a over units. */
  #hashed(units: Uint16Array, start: number, end: number): this {
    let hash = 0x811c9dc5;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ units[i], 0x01000193);
    this.low = hash;
    this.high = 0;
    this.shape = start - end - 1;
    return this;
  }
}
