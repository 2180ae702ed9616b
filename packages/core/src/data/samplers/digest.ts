/** What stands in a large array, in 16 characters: by which samplers and states of loaders know it again. */
import { createHash } from "node:crypto";

/** Elements that are looked at: all of an array of so many, or as many of a longer one, spread over it. */
const most = 2 ** 17;

/** SHA-256 over the length and the elements, or over the elements at many fixed places of a very long array. */
export function digestOf(values: ArrayLike<number | string>): string {
  const { length } = values;
  const hash = createHash("sha256").update(`${length}:`);
  const numbers = new Float64Array(Math.min(length, most));
  let texts: string[] = [];
  for (let i = 0; i < numbers.length; i++) {
    const value = values[length <= most ? i : placeOf(i, numbers.length, length)];
    if (typeof value === "number") numbers[i] = value;
    else texts.push(`${value.length}:${value}`);
    if (texts.length < 1024) continue;
    hash.update(texts.join());
    texts = [];
  }
  return hash.update(texts.join()).update(numbers).digest("hex").slice(0, 16);
}

/** The i-th of `count` places spread over `length`, at uneven distances, so that no period of the data hides another value. */
export function placeOf(i: number, count: number, length: number): number {
  const [start, end] = [Math.floor((i * length) / count), Math.floor(((i + 1) * length) / count)];
  return start + ((Math.imul(i + 1, 0x9e3779b1) >>> 0) % Math.max(1, end - start));
}
