/** Any order of indices, cut into batches. */
import type { Sampler, StatefulGenerator } from "../../contracts/sampler.js";
import {
  checkBoolean,
  checkPositiveInteger,
  checkRepeatable,
  invalid,
  isSampler,
  itemsFrom,
} from "./validation.js";

/**
 * The indices of `sampler`, `batchSize` at a time (torch.utils.data.BatchSampler); the last batch may be smaller, and is
 * left out with `dropLast`. `sampler` is a Sampler or anything that can be iterated anew for each epoch, such as an array.
 *
 * OPTION_INVALID for a `batchSize` that is not positive, a `dropLast` that is no boolean, an iterator that can be read
 * only once, and when `length` is read though `sampler` has neither `length` nor `size`.
 */
export class BatchSampler implements Sampler<readonly number[]> {
  readonly batchSize: number;
  readonly dropLast: boolean;
  readonly #sampler: Sampler | Iterable<number>;

  constructor(sampler: Sampler | Iterable<number>, batchSize: number, dropLast = false) {
    this.batchSize = checkPositiveInteger("batchSize", batchSize);
    this.dropLast = checkBoolean("dropLast", dropLast);
    checkRepeatable("the sampler of a batch sampler", sampler);
    this.#sampler = sampler;
  }

  /** The generator of the sampler underneath, if it draws from one. */
  get generator(): StatefulGenerator | undefined {
    return isSampler(this.#sampler) ? this.#sampler.generator : undefined;
  }

  get length(): number {
    const samples = sizeOf(this.#sampler);
    return this.dropLast ? Math.floor(samples / this.batchSize) : Math.ceil(samples / this.batchSize);
  }

  /** That of the sampler underneath. */
  get population(): ArrayLike<number> | undefined {
    if (isSampler<number>(this.#sampler)) return this.#sampler.population;
    return Array.isArray(this.#sampler) ? (this.#sampler as readonly number[]) : undefined;
  }

  /** Present where the sampler underneath says what decides its order. */
  get description(): string | undefined {
    const inner = isSampler<number>(this.#sampler) ? this.#sampler.description : undefined;
    if (inner === undefined) return undefined;
    return `${inner}, batches of ${this.batchSize}${this.dropLast ? ", last one dropped" : ""}`;
  }

  indices(epoch = 0): Iterable<readonly number[]> {
    return this.indicesFrom(epoch, 0);
  }

  *indicesFrom(epoch: number, from: number): Iterable<readonly number[]> {
    let batch: number[] = [];
    for (const index of itemsFrom<number>(this.#sampler, epoch, from * this.batchSize)) {
      batch.push(index);
      if (batch.length < this.batchSize) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0 && !this.dropLast) yield batch;
  }
}

function sizeOf(sampler: object): number {
  const { length, size } = sampler as { readonly length?: unknown; readonly size?: unknown };
  const samples = length ?? size;
  if (typeof samples === "number") return samples;
  return invalid(
    "the length of a batch sampler needs a sampler with a length or size, and this one has neither",
  );
}
