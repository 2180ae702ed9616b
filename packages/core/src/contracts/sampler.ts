/** The sampler contract: which indices an epoch visits, and in which order. */

/**
 * An order over a dataset (torch.utils.data.Sampler). The order is a function of the epoch alone, so that any epoch
 * can be asked for at any time: resuming and replaying are arithmetic.
 */
export interface Sampler {
  /** The number of indices an epoch yields. */
  readonly length: number;
  indices(epoch: number): Iterable<number>;
}
