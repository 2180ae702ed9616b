/** Numbers with as many digits as they have to say. */

/** The shortest number that is the same float32. */
export function shortestFloat32(value: number): number {
  return shortest(value, (candidate) => Math.fround(candidate) === Math.fround(value));
}

/** The shortest number within half of `step`, or within what float32 tells apart, whichever is finer. */
export function shortestWithin(value: number, step: number): number {
  const half = Math.min(step, 2 ** (Math.floor(Math.log2(Math.abs(value))) - 23)) / 2;
  return shortest(value, (candidate) => Math.abs(candidate - value) <= half);
}

function shortest(value: number, isSame: (candidate: number) => boolean): number {
  for (let digits = 1; digits <= 15; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (isSame(candidate)) return candidate;
  }
  return value;
}
