/** What an optimizer is: how one update changes weights, given their gradients and what it remembers of earlier ones. */

/** Where an update stands. */
export interface Moment {
  readonly learningRate: number;
  /** Updates including this one, from 1. */
  readonly update: number;
}

/**
 * The arithmetic in which formulas are written, element by element; `T` is an array, whatever that is where the formula
 * is run: a tensor of a device, or a register of the machine code that one pass over memory is compiled to.
 */
export interface Algebra<T> {
  readonly add: (a: T, b: T) => T;
  readonly subtract: (a: T, b: T) => T;
  readonly multiply: (a: T, b: T) => T;
  readonly divide: (a: T, b: T) => T;
  readonly squareRoot: (a: T) => T;
  /** a · factor. */
  readonly scale: (a: T, factor: number) => T;
  /** a + by. */
  readonly shift: (a: T, by: number) => T;
}

export interface Variables<T> {
  readonly weights: T;
  readonly gradients: T;
  /** One for each name in the rule's `slots`. */
  readonly slots: readonly T[];
}

export interface Updated<T> {
  readonly weights: T;
  readonly slots: readonly T[];
}

export interface Rule {
  /** Names of what is remembered for each weight; zero at the start. */
  readonly slots: readonly string[];
  /** The formula; which operations it makes must not depend on `moment`, only their numbers may. */
  update<T>(algebra: Algebra<T>, variables: Variables<T>, moment: Moment): Updated<T>;
}
