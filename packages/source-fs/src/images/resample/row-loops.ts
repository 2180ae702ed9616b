/** The two loops of resampling, as machine code: rows to one row, then the columns of that row. */
import {
  add,
  advance,
  type Code,
  constant,
  double,
  type FunctionCode,
  get,
  load,
  repeat,
  set,
  vector,
} from "./assembler.js";

/** Bits behind the point of a weight: 1 is 2^14, so that 16 bits hold it with sign and overshoot. */
export const weightBits = 14;
/** Bits behind the point of the row between the loops: 255 becomes 16,320, which leaves room for overshoot. */
const middleBits = 6;

/** Half of what a shift drops, in four lanes: with it, shifting rounds. */
const half = (bits: number): Code => [constant(1 << (bits - 1)), vector.spread];

/**
 * mixRows(target, source, stride, weights, pairs, blocks): the weighted sum of 2 × pairs rows of bytes, which lie `stride`
 * bytes apart, as one row of 16-bit numbers; the row has 16 × blocks of them, and weights have 16 bits too.
 */
export const mixRows: FunctionCode = (() => {
  const [target, source, stride, weights, pairs, blocks, row, weight, left] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const [above, below, weightPair, bytes, sums] = [9, 10, 11, 12, 13];
  const bits = weightBits - middleBits;
  // Byte i of the upper row beside byte i of the lower: what a dot product takes as one pair.
  const interleave = (from: number): Code => [
    [get(above), get(below)],
    vector.shuffle(Array.from({ length: 16 }, (_, i) => from + (i >> 1) + 16 * (i & 1))),
    set(bytes),
  ];
  const addTo = (sum: number, widen: Code): Code => [
    [get(sum), get(bytes), widen, get(weightPair), vector.dot],
    [vector.add, set(sum)],
  ];
  const rounded = (sum: number): Code => [get(sum), constant(bits), vector.shiftRight];
  const addPair: Code = [
    [get(row), vector.load(), set(above)],
    [get(row), get(stride), add, vector.load(), set(below)],
    [get(weight), vector.loadSpread(), set(weightPair)],
    [interleave(0), addTo(sums, vector.widenLow), addTo(sums + 1, vector.widenHigh)],
    [interleave(8), addTo(sums + 2, vector.widenLow), addTo(sums + 3, vector.widenHigh)],
    [advance(row, [get(stride), double]), advance(weight, constant(4))],
  ];
  const storeTwo = (sum: number): Code => [
    [get(target), rounded(sum), rounded(sum + 1), vector.toShorts, vector.store],
    advance(target, constant(16)),
  ];
  const block: Code = [
    [0, 1, 2, 3].map((i) => [half(bits), set(sums + i)]),
    [get(source), set(row), get(weights), set(weight), get(pairs), set(left)],
    repeat(left, addPair),
    [storeTwo(sums), storeTwo(sums + 2)],
    advance(source, constant(16)),
  ];
  return { name: "mixRows", parameters: 6, locals: [3, 8], body: repeat(blocks, block) };
})();

/** How many pairs `mixColumns` is unrolled for: its loops are short, and would cost as much as what they do. */
export const mostUnrolled = 8;

/**
 * mixColumns(target, row, starts, weights, pairs, width): each of `width` pixels of three bytes is the weighted sum of
 * 2 × pairs pixels of the row of 16-bit numbers that mixRows left. `starts` are the bytes at which they begin in it, in
 * 32 bits. One byte more than the pixels have is written.
 *
 * With `unrolled`, the function is for that number of pairs only, and has it in its name: mixColumns3.
 */
export function mixColumns(unrolled?: number): FunctionCode {
  const [target, row, starts, weights, pairs, width, pixel, left] = [0, 1, 2, 3, 4, 5, 6, 7];
  const [sum, colours] = [8, 9];
  const bits = weightBits + middleBits;
  // Red of both pixels, green of both, blue of both. Kept in a local: shuffling would make it anew each time.
  const order = [0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11, 4, 5, 10, 11];
  const addPair = (index: number): Code => [
    [get(sum), get(pixel), vector.load(12 * index), get(colours), vector.pick],
    [get(weights), vector.loadSpread(4 * index), vector.dot, vector.add, set(sum)],
  ];
  const forward = (count: number): Code => [
    advance(pixel, constant(12 * count)),
    advance(weights, constant(4 * count)),
  ];
  const addAll: Code =
    unrolled === undefined
      ? [get(pairs), set(left), repeat(left, [addPair(0), forward(1)])]
      : [Array.from({ length: unrolled }, (_, i) => addPair(i)), forward(unrolled)];
  const narrowed: Code = [get(sum), get(sum), vector.toShorts];
  const onePixel: Code = [
    [half(bits), set(sum), get(row), get(starts), load, add, set(pixel), addAll],
    [get(sum), constant(bits), vector.shiftRight, set(sum)],
    [get(target), narrowed, narrowed, vector.toBytes, vector.storeFour],
    [advance(target, constant(3)), advance(starts, constant(4))],
  ];
  const body = [vector.constant(order), set(colours), repeat(width, onePixel)];
  return { name: `mixColumns${unrolled ?? ""}`, parameters: 6, locals: [2, 2], body };
}
