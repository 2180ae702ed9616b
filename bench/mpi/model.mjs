/** What a step of data-parallel training takes by a model: a ring moves every byte twice but for one part, in 2(n - 1) messages. */

/** Milliseconds of one sum over `ranks`, at `gigabits` per second and `latency` milliseconds from one rank to the next. */
export function sumMilliseconds({ ranks, bytes, gigabits, latency }) {
  const transfer = ((2 * (ranks - 1)) / ranks) * (bytes / (gigabits * 125_000));
  return transfer + 2 * (ranks - 1) * latency;
}

/** One behind the other, and where the sum goes on during the backward pass. */
export function stepMilliseconds({ compute, ...network }) {
  const sum = sumMilliseconds(network);
  return { apart: compute + sum, overlapped: Math.max(compute, sum) };
}
