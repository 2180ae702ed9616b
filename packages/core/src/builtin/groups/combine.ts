/** What the bytes of all ranks come to, in the order of ranks: the same on every rank, and in every run. */
import { MillraceError } from "../../errors.js";
import type { Call } from "./frames.js";

export function combined(call: Call, given: readonly Uint8Array[]): Uint8Array {
  switch (call) {
    case "sum":
      return folded(given, (bytes) => new Float32Array(bytes.buffer), add);
    case "sum64":
      return folded(given, (bytes) => new Float64Array(bytes.buffer), add);
    case "max":
      return folded(given, (bytes) => new Float64Array(bytes.buffer), larger);
    case "gather":
      return joined(given);
    case "broadcast":
      // Whoever does not give anything sends nothing.
      return given.find(({ length }) => length > 0) ?? new Uint8Array();
    case "barrier":
      return new Uint8Array();
    default:
      throw call satisfies never;
  }
}

type Numbers = Float32Array | Float64Array;

function folded(
  given: readonly Uint8Array[],
  view: (bytes: Uint8Array) => Numbers,
  into: (to: Numbers, from: Numbers) => void,
): Uint8Array {
  const [first, ...others] = given;
  const result = first.slice();
  for (const [i, other] of others.entries()) {
    if (other.length === first.length) into(view(result), view(other));
    else
      throw new MillraceError(
        "GROUP_FAILED",
        `all ranks must give arrays of one length, but rank 0 gave ${first.length} bytes and rank ${i + 1} gave ${other.length}`,
        { hint: "Start every rank with the same spec, on the same version of Millrace." },
      );
  }
  return result;
}

function add(to: Numbers, from: Numbers): void {
  for (let i = 0; i < to.length; i++) to[i] += from[i];
}

/** NaN is the largest of all: it must not be lost. */
function larger(to: Numbers, from: Numbers): void {
  for (let i = 0; i < to.length; i++) to[i] = Math.max(to[i], from[i]);
}

function joined(given: readonly Uint8Array[]): Uint8Array {
  const lengths = new Uint8Array(Uint32Array.from(given, ({ length }) => length).buffer);
  return new Uint8Array(Buffer.concat([lengths, ...given]));
}

/** What `gather` gave each of `size` ranks, apart again. */
export function parted(bytes: Uint8Array, size: number): Uint8Array[] {
  let at = 4 * size;
  return Array.from(new Uint32Array(bytes.slice(0, at).buffer), (length) => {
    at += length;
    return bytes.slice(at - length, at);
  });
}
