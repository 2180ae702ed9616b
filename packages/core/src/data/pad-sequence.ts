/** torch.nn.utils.rnn.pad_sequence: sequences of different lengths in one array. */
import type { Allocator } from "../contracts/batch.js";
import type { DType, NdArray } from "../contracts/ndarray.js";
import { MillraceError } from "../errors.js";
import { heapAllocator, kindOf } from "./collate.js";
import {
  batchType,
  commonTrailing,
  fits,
  requireFit,
  type Sequence,
  type Steps,
  toSteps,
} from "./sequence.js";

/** The side of each sequence on which padding goes. */
export type PaddingSide = "left" | "right";

/** How `padSequence` pads. */
export interface PadSequenceOptions {
  /** True: B×T×*; false: T×B×*, torch's default. */
  readonly batchFirst?: boolean;
  /** What fills the cells beyond a sequence; cut to an integer where the element type is one, as in torch. Default 0. */
  readonly paddingValue?: number;
  /** The side of each sequence on which padding goes; default "right". */
  readonly paddingSide?: PaddingSide;
  /** T: no sequence may be longer; the length of the longest by default. */
  readonly length?: number;
  /** Where the memory comes from, such as the batch that a collate function is making; ordinary memory by default. */
  readonly allocator?: Allocator;
}

/**
 * Pads sequences of shape [L, *] to the longest, T: an array of shape [T, B, *], or [B, T, *] with `batchFirst`.
 *
 * The element type is that of the first sequence. Plain numbers count as int32 if those of all sequences are whole,
 * else float32. A value of another sequence that does not fit an integer type is an error (torch cuts it silently).
 *
 * @throws MillraceError COLLATE_TYPE (not iterable, not a sequence), COLLATE_EMPTY, COLLATE_MISMATCH (other axes differ),
 * COLLATE_OVERFLOW, OPTION_INVALID (another side, a sequence longer than `length`, a padding value beyond the type).
 */
export function padSequence(sequences: Iterable<Sequence>, options: PadSequenceOptions = {}): NdArray {
  if (typeof (sequences as Partial<Iterable<Sequence>> | null)?.[Symbol.iterator] !== "function") {
    throw new MillraceError("COLLATE_TYPE", `sequences must be iterable, was ${kindOf(sequences)}`, {
      hint: "Pass an array of sequences.",
    });
  }
  const steps = Array.from(sequences, (sequence, i) => toSteps(sequence, `sequence ${i}`));
  return padSteps(steps, options);
}

/** The length of the longest sequence. */
export function longest(sequences: readonly Steps[]): number {
  let length = 0;
  for (const steps of sequences) length = Math.max(length, steps.length);
  return length;
}

/** `padSequence` of sequences in their one form. */
export function padSteps(sequences: readonly Steps[], options: PadSequenceOptions): NdArray {
  const { batchFirst = false, paddingValue = 0, paddingSide = "right", allocator = heapAllocator } = options;
  const length = lengthFor(sequences, options);
  if (paddingSide !== "left" && paddingSide !== "right") {
    throw new MillraceError(
      "OPTION_INVALID",
      `paddingSide must be "left" or "right", was ${JSON.stringify(paddingSide)}`,
    );
  }
  if (sequences.length === 0) {
    throw new MillraceError("COLLATE_EMPTY", "padding needs at least one sequence, was given none");
  }
  const trailing = commonTrailing(sequences);
  const dtype = batchType(sequences);
  for (const [entry, steps] of sequences.entries()) requireFit(steps, dtype, entry);
  const count = sequences.length;
  const padded = allocator.allocate(dtype, [
    ...(batchFirst ? [count, length] : [length, count]),
    ...trailing,
  ]);
  padded.data.fill(fillOf(paddingValue, dtype));
  const step = trailing.reduce((size, extent) => size * extent, 1);
  sequences.forEach((steps, row) => {
    const start = paddingSide === "left" ? length - steps.length : 0;
    if (batchFirst) padded.data.set(steps.data, (row * length + start) * step);
    else scatter(padded.data, steps, (start * count + row) * step, count * step, step);
  });
  return padded;
}

function lengthFor(sequences: readonly Steps[], { length = longest(sequences) }: PadSequenceOptions): number {
  const long = sequences.find((steps) => !(steps.length <= length)) ?? sequences[0];
  if (long === undefined || (Number.isInteger(length) && long.length <= length)) return length;
  throw new MillraceError(
    "OPTION_INVALID",
    `length must be a whole number, and no smaller than any sequence, was ${length}; ${long.name} has ${long.length} steps`,
    { hint: "Cut the sequences first, or leave `length` out." },
  );
}

/** Writes a sequence with `stride` elements from one step to the next. */
function scatter(
  target: NdArray["data"],
  { data, length }: Steps,
  offset: number,
  stride: number,
  step: number,
): void {
  for (let time = 0; time < length; time++) {
    for (let i = 0; i < step; i++) target[offset + time * stride + i] = data[time * step + i];
  }
}

export function fillOf(value: number, dtype: DType): number {
  const fill = dtype === "float32" || dtype === "float64" ? value : Math.trunc(value);
  if (fits(fill, dtype)) return fill;
  throw new MillraceError(
    "OPTION_INVALID",
    `paddingValue must fit ${dtype}, the type of the sequences, was ${value}`,
    {
      hint: "Choose a value within the type, or give the sequences a wider type.",
    },
  );
}
