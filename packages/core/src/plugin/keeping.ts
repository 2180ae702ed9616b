/** How a transform keeps what the transforms before it make. */
import type { Dataset } from "../contracts/dataset.js";
import type { Logger } from "../contracts/logger.js";

/** What a transform that keeps samples is told when its place is opened. */
export interface KeepContext {
  /** Samples of the source. */
  readonly length: number;
  /** Where relative paths in the spec start. */
  readonly baseUrl: URL;
  readonly logger?: Logger;
  /**
   * All that the samples before it depend on, as plain JSON: the source and its fingerprint, the transforms before it,
   * versions. For what outlives the run. @throws MillraceError CACHE_KEY where the source cannot say when it changes.
   */
  readonly content: () => Promise<object>;
}

/**
 * How a transform keeps what the transforms before it make, so that it is made once and not in every epoch: on disk, in
 * shared memory, in a service of one's own. Transforms that draw random numbers stand behind it, not before it.
 */
export interface Keeping<H = unknown> {
  /** True if what is kept outlives the run with these options, so that everything it depends on must be known. */
  outlives(options: unknown): boolean;
  /**
   * Makes the place where samples are kept: in the main thread, once for all splits whose samples have passed the same.
   * The handle goes to workers: plain data and shared memory.
   */
  open(options: unknown, context: KeepContext): H | Promise<H>;
  /**
   * In every thread: `dataset`, which gives the samples as they come, as one that keeps them at `handle`. Samples are
   * known by their index; `close` of the result ends what it opened, not `dataset`.
   */
  keep(dataset: Dataset, handle: H, logger?: Logger): Dataset;
}
