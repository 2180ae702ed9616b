/** The order that sorts, as indices (torch.argsort, stable). */

const digits = 4;
const digitValues = 0x10000;

/**
 * The indices of `keys` in ascending order of key, equal keys in ascending order of index; no key may be NaN.
 *
 * A radix sort by the keys' bits, 16 at a time (Knuth, The Art of Computer Programming 3, 5.2.5): for a million keys
 * twice as fast as sorting indices with a comparison function, and eight times for small whole numbers such as lengths.
 * Costs 16 bytes per key while it runs.
 */
export function argsort(keys: Float64Array): Int32Array<ArrayBuffer> {
  const bits = sortableBits(keys);
  let order = new Int32Array(keys.length).map((_, index) => index);
  let sorted = new Int32Array(keys.length);
  for (let digit = 0; digit < digits; digit++) {
    const next = new Int32Array(digitValues);
    for (let i = digit; i < bits.length; i += digits) next[bits[i]]++;
    // Small whole numbers differ in few of their bits.
    if (next[bits[digit]] === keys.length) continue;
    let total = 0;
    for (let value = 0; value < digitValues; value++) {
      const count = next[value];
      next[value] = total;
      total += count;
    }
    for (const index of order) sorted[next[bits[index * digits + digit]]++] = index;
    [order, sorted] = [sorted, order];
  }
  return order;
}

/** Each key as four 16-bit digits, the least significant first, that compare as the keys do. */
function sortableBits(keys: Float64Array): Uint16Array {
  // Adding 0 turns −0 into 0, which equals it.
  const bits = new Uint16Array(keys.map((key) => key + 0).buffer);
  for (let i = 0; i < bits.length; i += digits) {
    const negative = bits[i + 3] >= 0x8000;
    // The larger a negative number's bits, the smaller the number; and positive ones come after all of them.
    bits[i + 3] ^= negative ? 0xffff : 0x8000;
    if (!negative) continue;
    bits[i] ^= 0xffff;
    bits[i + 1] ^= 0xffff;
    bits[i + 2] ^= 0xffff;
  }
  return bits;
}
