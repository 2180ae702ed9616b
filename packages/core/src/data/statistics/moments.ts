/** Means and variances in one pass. */
import type { Statistic } from "./statistic.js";

/** Counts, means and sums of squared deviations from the mean, one of each per element. */
export interface MomentsPartial {
  readonly counts: Float64Array;
  readonly means: Float64Array;
  readonly squares: Float64Array;
}

/**
 * Welford's update (1962) within a part, Chan, Golub and LeVeque's formula (1979) between parts: no large sums from which
 * a small difference would be taken.
 */
export class Moments implements Statistic<MomentsPartial> {
  readonly counts: Float64Array;
  readonly means: Float64Array;
  /** Sums of squared deviations from the mean. */
  readonly squares: Float64Array;

  constructor(readonly width: number) {
    this.counts = new Float64Array(width);
    this.means = new Float64Array(width);
    this.squares = new Float64Array(width);
  }

  add(values: ArrayLike<number>, rows: number): number {
    const { width, counts, means, squares } = this;
    for (let row = 0, i = 0; row < rows; row++) {
      for (let j = 0; j < width; j++, i++) {
        const value = values[i];
        if (!Number.isFinite(value)) {
          if (Number.isNaN(value)) continue;
          return i;
        }
        const before = value - means[j];
        counts[j]++;
        means[j] += before / counts[j];
        squares[j] += before * (value - means[j]);
      }
    }
    return -1;
  }

  partial(): MomentsPartial {
    const { counts, means, squares } = this;
    return { counts, means, squares };
  }

  merge({ counts, means, squares }: MomentsPartial): void {
    for (let j = 0; j < this.width; j++) {
      const [own, other] = [this.counts[j], counts[j]];
      if (other === 0) continue;
      const apart = means[j] - this.means[j];
      const count = own + other;
      this.counts[j] = count;
      // Of no values at all the mean is 0: then this is the other's, to the last bit.
      this.means[j] = own === 0 ? means[j] : this.means[j] + apart * (other / count);
      this.squares[j] += squares[j] + (own === 0 ? 0 : apart * apart * ((own * other) / count));
    }
  }

  /** The population's variances, as numpy's `var` has them; NaN of no values. */
  variances(): Float64Array {
    return this.squares.map((square, j) => square / this.counts[j]);
  }
}
