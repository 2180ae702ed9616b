/** The least and the greatest values. */
import type { Statistic } from "./statistic.js";

export interface ExtremesPartial {
  readonly least: Float64Array;
  readonly greatest: Float64Array;
}

/** Of no values, the least is Infinity and the greatest −Infinity. */
export class Extremes implements Statistic<ExtremesPartial> {
  readonly least: Float64Array;
  readonly greatest: Float64Array;

  constructor(readonly width: number) {
    this.least = new Float64Array(width).fill(Infinity);
    this.greatest = new Float64Array(width).fill(-Infinity);
  }

  add(values: ArrayLike<number>, rows: number): number {
    const { width, least, greatest } = this;
    for (let row = 0, i = 0; row < rows; row++) {
      for (let j = 0; j < width; j++, i++) {
        const value = values[i];
        if (!Number.isFinite(value)) {
          if (Number.isNaN(value)) continue;
          return i;
        }
        if (value < least[j]) least[j] = value;
        if (value > greatest[j]) greatest[j] = value;
      }
    }
    return -1;
  }

  partial(): ExtremesPartial {
    return { least: this.least, greatest: this.greatest };
  }

  merge({ least, greatest }: ExtremesPartial): void {
    for (let j = 0; j < this.width; j++) {
      this.least[j] = Math.min(this.least[j], least[j]);
      this.greatest[j] = Math.max(this.greatest[j], greatest[j]);
    }
  }
}
