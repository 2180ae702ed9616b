/** The sampler contract: which indices an epoch visits, and in which order. */

/**
 * An order over a dataset (torch.utils.data.Sampler). T is an index, or a list of indices for a batch sampler.
 *
 * The order is a function of the epoch, so that any epoch can be asked for at any time: resuming and replaying are
 * arithmetic. A sampler that was given a `generator` draws from it in passing instead, as torch does: then each call of
 * `indices` is the next order, and whoever wants to resume saves the generator's state.
 */
export interface Sampler<T = number> {
  /** The number of items an epoch yields; read anew for each epoch. */
  readonly length: number;
  indices(epoch: number): Iterable<T>;
  /**
   * The same order without its first `from` items; present where that is cheaper than reading them. A loader that resumes
   * begins with it.
   */
  indicesFrom?(epoch: number, from: number): Iterable<T>;
  /**
   * What decides the order besides the dataset's length and a generator's state, in few words: its kind, options and
   * seed. Samplers that say the same have the same order; by this a loader's state knows that it is resumed with its own.
   * Without it, the beginning of the epoch's order is compared.
   */
  readonly description?: string | undefined;
  /** Batch samplers: how many samples at a time suit any of them. Splits that are measured are read so, in order. */
  readonly batchSize?: number | undefined;
  /**
   * The indices that it chooses from, where they are not all of the dataset's: where a loader puts another sample in the
   * place of a bad one, it is one of these.
   */
  readonly population?: ArrayLike<number> | undefined;
  /** The stateful generator that `indices` draws from, if there is one. */
  readonly generator?: StatefulGenerator | undefined;
}

/** The part of a generator that resuming needs. */
export interface StatefulGenerator {
  /** Small JSON. */
  state(): string;
  setState(state: string): void;
}
