/** A stream of random numbers, already addressed: whoever holds it may draw without disturbing anyone else. */
export interface Random {
  /** Uniform in [0, 1), 53 bits. */
  uniform(): number;
  /** Uniform in [low, high). */
  between(low: number, high: number): number;
  /** A whole number, 0 ≤ n < below, for below ≤ 2^32. */
  integer(below: number): number;
  /** Standard normal: mean 0, deviation 1. */
  normal(): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
}
