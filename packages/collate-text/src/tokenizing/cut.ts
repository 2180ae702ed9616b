/** How many tokens of each text are left where a sample may have no more than so many. */

/** The length of a single text. */
export function cutOne(length: number, room: number): number {
  return Math.min(length, room);
}

/**
 * The lengths of two texts that share `room`: the longer one is cut first, and both to halves where neither fits
 * (the strategy "longest_first" of Hugging Face's `tokenizers`).
 */
export function cutTwo(first: number, second: number, room: number): readonly [number, number] {
  if (first + second <= room) return [first, second];
  const [shorter, longer] = first > second ? [second, first] : [first, second];
  let less = shorter;
  let more = shorter > room ? shorter : Math.max(shorter, room - shorter);
  if (less + more > room) {
    less = Math.floor(room / 2);
    more = less + (room % 2);
  }
  return first > second ? [more, Math.min(less, second)] : [Math.min(less, first), Math.min(more, longer)];
}
