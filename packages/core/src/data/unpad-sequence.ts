/** torch.nn.utils.rnn.unpad_sequence: the sequences that were padded, by their lengths. */
import { type NdArray, sizeOf, zeros } from "../contracts/ndarray.js";
import { MillraceError } from "../errors.js";
import { kindOf } from "./collate.js";
import type { PaddingSide } from "./pad-sequence.js";

/** How the sequences were padded. */
export interface UnpadSequenceOptions {
  /** True: `padded` is B×T×*; false: T×B×*, torch's default. */
  readonly batchFirst?: boolean;
  /** The side on which padding stands; torch knows "right" only, the default. */
  readonly paddingSide?: PaddingSide;
}

/**
 * The B sequences of shape [L, *] in `padded`, copied, without their padding.
 *
 * @param lengths B whole numbers from 0 to T.
 * @throws MillraceError COLLATE_MISMATCH, where `padded` has no time axis or `lengths` does not fit it.
 */
export function unpadSequence(
  padded: NdArray,
  lengths: ArrayLike<number>,
  { batchFirst = false, paddingSide = "right" }: UnpadSequenceOptions = {},
): NdArray[] {
  const { dtype, shape, data } = padded;
  if (shape.length < 2) {
    throw mismatch(`a padded array must have a batch and a time axis, was ${kindOf(padded)}`);
  }
  const [count, length] = batchFirst ? shape : [shape[1], shape[0]];
  if (lengths.length !== count) {
    throw mismatch(`there must be one length per sequence: ${count} sequences, ${lengths.length} lengths`);
  }
  const trailing = shape.slice(2);
  const step = sizeOf(trailing);
  const [rowStride, timeStride] = batchFirst ? [length * step, step] : [step, count * step];
  return Array.from(lengths, (own, row) => {
    if (!(Number.isInteger(own) && own >= 0 && own <= length)) {
      throw mismatch(`a length must be a whole number from 0 to ${length}, was ${own} for sequence ${row}`);
    }
    const start = row * rowStride + (paddingSide === "left" ? length - own : 0) * timeStride;
    const sequence = zeros(dtype, [own, ...trailing]);
    for (let time = 0; time < own; time++) {
      const from = start + time * timeStride;
      sequence.data.set(data.subarray(from, from + step), time * step);
    }
    return sequence;
  });
}

function mismatch(message: string): MillraceError {
  return new MillraceError("COLLATE_MISMATCH", message, {
    hint: "Pass the lengths and the `batchFirst` that the padding was made with.",
  });
}
