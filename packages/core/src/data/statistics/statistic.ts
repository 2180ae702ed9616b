/** What is learned of rows of numbers, in one pass, in parts that can be put together again. */

/**
 * Looks at rows of `width` numbers each, element by element. NaN is a missing value, and is left out. The result is a
 * function of the rows, of how they were divided into parts, and of the order in which parts were merged: nothing else.
 */
export interface Statistic<P = unknown> {
  /** Numbers per row. */
  readonly width: number;
  /**
   * `rows` more rows, row-major. Gives −1, or where in `values` the first number stands that is not finite: then what was
   * seen is undefined.
   */
  add(values: ArrayLike<number>, rows: number): number;
  /** What was seen, as plain data. */
  partial(): P;
  /** Takes in what another statistic of the same width saw, after all that this one saw. */
  merge(partial: P): void;
}
