/** The options of a DataLoader that are plain JSON: what a program and a spec state alike. */

/**
 * The arguments of torch's DataLoader that are numbers, words and booleans, in camelCase; defaults are torch's. A spec's
 * `loader` has each of them: its schema is held against this interface by the compiler.
 */
export interface PlainLoaderOptions {
  /** Samples per batch; 1 by default. Null turns batching off: each sample is given to `collate` alone. Not in a spec. */
  readonly batchSize?: number | null;
  /** A new random order for each epoch: a function of (seed, epoch), or drawn from `generator`. */
  readonly shuffle?: boolean;
  /** Leave out the last batch of an epoch if it is smaller; with a stream, the last of each worker. */
  readonly dropLast?: boolean;
  /**
   * Worker threads that make batches; 0, the default, makes them in this thread when they are asked for. "auto" makes
   * the first few here and chooses by what they took; batches are the same. A stream has no workers then.
   */
  readonly numWorkers?: number | "auto";
  /**
   * Batches made ahead per worker; 2 by default, and only with workers. Each costs a batch of memory. "auto" chooses by
   * how much their times vary, within `prefetchBytes`.
   */
  readonly prefetchFactor?: number | "auto";
  /** Most bytes of batches that "auto" makes ahead; 256 MB by default. */
  readonly prefetchBytes?: number;
  /**
   * Keep workers between epochs; otherwise they end with each, as in torch. A spec keeps them unless it says false. Kept
   * or not, they see what the dataset's arrays and lists hold when an epoch begins.
   */
  readonly persistentWorkers?: boolean;
  /**
   * False hands out batches as they are ready. Where numbers are of no declared type, the first of a loader is all the
   * same the first of its order: their types are those of that batch, in every run.
   */
  readonly inOrder?: boolean;
  /** Most seconds to wait for a batch from workers; 0, the default, waits for ever. */
  readonly timeout?: number;
  /**
   * Most megabytes of JavaScript heap in each worker; Node's own limit by default. Memory of arrays does not count. A
   * worker that needs more ends and is started again, as one that dies otherwise.
   */
  readonly workerMemory?: number;
  /**
   * Page-locks the memory of batches that workers make, so that a device can copy from it by itself: registered with CUDA
   * where its driver is there, else locked by the system. The log says which, or why not. Also calls the `pin` method of
   * every part of a batch that has one.
   */
  readonly pinMemory?: boolean;
  /**
   * What becomes of a sample that cannot be read, transformed or collated: `fail`, the default, gives its error; `skip`
   * leaves it out of its batch; `replace` puts another sample in its place, drawn by (seed, epoch, index); `quarantine`
   * skips it and writes it to a file. Faults that are not a sample's own, such as a worker's death, stay errors.
   */
  readonly onError?: OnError;
  /**
   * The largest share of an epoch's samples that may be bad, 0 to 1; beyond it the epoch ends with BAD_SAMPLES. 0.1 by
   * default, but never at fewer than 10. The first 1000 samples of an epoch count as one.
   */
  readonly maxRatio?: number;
}

/** One of several processes that load the same batches together, each its share. */
export interface ProcessShard {
  /** From 0. */
  readonly rank: number;
  readonly size: number;
}

/** What a loader may do about a bad sample. */
export const onErrorChoices = ["fail", "skip", "replace", "quarantine"] as const;
export type OnError = (typeof onErrorChoices)[number];
