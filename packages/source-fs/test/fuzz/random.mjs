/** Random choices that follow from a text: the same in every run. */

/** Choices of one case; `name` is the address that they follow from. */
export function choicesOf(name) {
  let state = 0x811c9dc5;
  for (const letter of name) state = Math.imul(state ^ letter.codePointAt(0), 0x01000193);
  /** A number in [0, 1) (mulberry32). */
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit) => Math.floor(uniform() * limit);
  return {
    uniform,
    below,
    pick: (list) => list[below(list.length)],
    chance: (probability) => uniform() < probability,
  };
}
