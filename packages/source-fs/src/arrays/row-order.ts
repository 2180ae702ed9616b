/** Arrays of Fortran's order, in which the first index varies fastest, in C's. */
import { sizeOf } from "@millrace/core";

interface Elements {
  [at: number]: number | bigint;
}

/** Writes the elements of an array of `shape`, which lie in Fortran's order in `from`, to `to` in C's. */
export function toRowOrder(from: Elements, to: Elements, shape: readonly number[]): void {
  const count = sizeOf(shape);
  // Of each axis: how far its next index lies, in elements of the result.
  const steps = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const indices = shape.map(() => 0);
  for (let i = 0, at = 0; i < count; i++) {
    to[at] = from[i];
    for (let axis = 0; axis < shape.length; axis++) {
      at += steps[axis];
      if (++indices[axis] < shape[axis]) break;
      at -= indices[axis] * steps[axis];
      indices[axis] = 0;
    }
  }
}
