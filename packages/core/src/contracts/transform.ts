/** The transform contract: one sample in, one sample out. */
import type { Random } from "./random.js";

/** What a transform is told of the sample. */
export interface TransformContext {
  /** The sample's index in the source. */
  readonly index: number;
  /** Which pass over the dataset, from 0. */
  readonly epoch: number;
  /**
   * Random numbers addressed by (seed, epoch, index, position in the chain): the same for any number of workers, any
   * order and any prefetch. Draw from nothing else.
   */
  readonly random: Random;
}

/** Must not change the sample it was given: return a new one (`{ ...sample, image }`). */
export type Transform<In = unknown, Out = unknown> = (
  sample: In,
  context: TransformContext,
) => Out | Promise<Out>;
