/** How documents of token ids are cut into windows. */

export interface WindowOptions {
  /** Ids of one sample. */
  readonly window: number;
  /** Ids from the beginning of a window to that of the next. */
  readonly stride: number;
  /** `across`: all documents are one sequence. `within`: no window has ids of two. */
  readonly documents: "across" | "within";
  /** What becomes of the ids at an end that are no whole window. */
  readonly remainder: "drop" | "keep";
}

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The windows of a file, by their number: 16 bytes a sequence. */
export class Windows {
  readonly length: number;
  readonly #options: WindowOptions;
  /** Where each sequence ends among the ids. */
  readonly #ends: Float64Array;
  /** How many windows there are before the end of each sequence. */
  readonly #before: Float64Array;

  constructor(ends: Float64Array, options: WindowOptions) {
    this.#options = options;
    this.#ends = options.documents === "within" ? ends : ends.slice(-1);
    this.#before = new Float64Array(this.#ends.length);
    let length = 0;
    for (let i = 0; i < this.#ends.length; i++) {
      length += this.#countOf(this.#ends[i] - this.#start(i));
      this.#before[i] = length;
    }
    this.length = length;
  }

  /** The ids of window `index`. */
  at(index: number): Span {
    const sequence = firstAbove(this.#before, index);
    const within = index - (sequence === 0 ? 0 : this.#before[sequence - 1]);
    const start = this.#start(sequence) + within * this.#options.stride;
    return { start, end: Math.min(start + this.#options.window, this.#ends[sequence]) };
  }

  /** The document of window `index`, where windows lie within them. */
  documentOf(index: number): number {
    return firstAbove(this.#before, index);
  }

  /** Ids that are in no window. */
  get left(): number {
    if (this.#options.remainder === "keep") return 0;
    let left = 0;
    for (let i = 0; i < this.#ends.length; i++) left += this.#leftOf(this.#ends[i] - this.#start(i));
    return left;
  }

  #start(sequence: number): number {
    return sequence === 0 ? 0 : this.#ends[sequence - 1];
  }

  #countOf(ids: number): number {
    const { window, stride, remainder } = this.#options;
    const whole = ids < window ? 0 : Math.floor((ids - window) / stride) + 1;
    const covered = whole === 0 ? 0 : (whole - 1) * stride + window;
    return remainder === "keep" && covered < ids ? whole + 1 : whole;
  }

  #leftOf(ids: number): number {
    const { window, stride } = this.#options;
    const whole = this.#countOf(ids);
    const skipped = Math.max(0, stride - window) * Math.max(0, whole - 1);
    return ids - (whole === 0 ? 0 : (whole - 1) * stride + window) + skipped;
  }
}

/** The first place whose value is above `value`, of values that never fall. */
function firstAbove(values: Float64Array, value: number): number {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle] > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
