/** A dataset as blocks of samples, each of them what fitters saw in it: what workers make while a transform is fitted. */
import { deserialize, serialize } from "node:v8";
import type { Allocator } from "../../contracts/batch.js";
import type { Dataset, FetchContext } from "../../contracts/dataset.js";
import type { NdArray } from "../../contracts/ndarray.js";
import type { Columns, Fitter } from "../../contracts/transform.js";
import { MillraceError } from "../../errors.js";
import { heapAllocator } from "../collate.js";
import { materialize } from "../datasets/deferred.js";
import { areColumns, roundedNames, roundFields } from "../datasets/passage.js";
import { fieldTypesOf } from "../field-types.js";
import { nameOf } from "../sample-name.js";

/** Samples of one block. */
export const blockLength = 4096;

export const blockName = "a block for fitting";

/** Samples that are read at a time: few enough to be held, whatever they are. */
const chunkLength = 256;

/** Samples that are read at once where a dataset gives one at a time: as many as libuv has threads. */
const lanes = 4;

/** A transform that learns. */
export interface Learner {
  /** What messages call it: "transforms[2] standardize". */
  readonly place: string;
  /** A fitter that has seen nothing. */
  begin(): Fitter;
}

/** Sample `i` is block `i` of `dataset`, in order of index: what each learner's fitter saw of it, as bytes. */
export class FitBlocks implements Dataset<Uint8Array> {
  readonly #dataset: Dataset;
  readonly #learners: readonly Learner[];
  #rounded: readonly string[] | undefined;

  constructor(dataset: Dataset, learners: readonly Learner[]) {
    this.#dataset = dataset;
    this.#learners = learners;
  }

  get length(): number {
    return Math.ceil(this.#dataset.length / blockLength);
  }

  /** What messages call a block: the name of the sample at fault stands before it. */
  key(): string {
    return blockName;
  }

  async get(block: number, context: FetchContext): Promise<Uint8Array> {
    const fitters = this.#learners.map((learner) => learner.begin());
    const end = Math.min((block + 1) * blockLength, this.#dataset.length);
    for (let start = block * blockLength; start < end; start += chunkLength) {
      const indices = Array.from({ length: Math.min(chunkLength, end - start) }, (_, i) => start + i);
      await this.#see(fitters, indices, { ...context, epoch: 0, fixed: true });
    }
    return serialize(fitters.map((fitter) => fitter.partial()));
  }

  async #see(fitters: readonly Fitter[], indices: readonly number[], context: FetchContext): Promise<void> {
    const columns = await this.#columns(fitters, indices, context);
    if (columns !== undefined) {
      for (const [i, fitter] of fitters.entries())
        await this.#addColumns(i, fitter, columns, indices, context);
      return;
    }
    const samples = await this.#samples(indices, context);
    for (const [i, fitter] of fitters.entries()) this.#add(i, fitter, samples, indices);
  }

  /** Undefined where a fitter wants samples, or there are no columns. */
  async #columns(
    fitters: readonly Fitter[],
    indices: readonly number[],
    context: FetchContext,
  ): Promise<Columns | undefined> {
    const dataset = this.#dataset;
    if (fitters.some((fitter) => fitter.addColumns === undefined)) return undefined;
    const batch = await dataset.getBatch?.(indices, context, heapAllocator);
    return areColumns(batch, fieldTypesOf(dataset)) ? batch : undefined;
  }

  async #addColumns(
    learner: number,
    fitter: Fitter,
    columns: Columns,
    indices: readonly number[],
    context: FetchContext,
  ): Promise<void> {
    try {
      fitter.addColumns?.(columns, indices.length);
    } catch (error) {
      // Only one of them is at fault, most likely: alone, it shows.
      const alone = this.#learners[learner].begin();
      this.#add(learner, alone, await this.#samples(indices, context), indices);
      throw this.#failed(error, learner);
    }
  }

  #add(learner: number, fitter: Fitter, samples: readonly unknown[], indices: readonly number[]): void {
    this.#rounded ??= roundedNames(fieldTypesOf(this.#dataset));
    for (const [i, sample] of samples.entries()) {
      try {
        fitter.add(roundFields(sample, this.#rounded));
      } catch (error) {
        throw this.#failed(error, learner, nameOf(this.#dataset, indices[i]));
      }
    }
  }

  async #samples(indices: readonly number[], context: FetchContext): Promise<readonly unknown[]> {
    const dataset = this.#dataset;
    if (dataset.getMany !== undefined) {
      const samples = await dataset.getMany(indices, context);
      return Promise.all(samples.map(materialize));
    }
    const samples = new Array<unknown>(indices.length);
    let next = 0;
    const run = async (): Promise<void> => {
      for (let i = next++; i < indices.length; i = next++) {
        try {
          samples[i] = await materialize(await dataset.get(indices[i], context));
        } catch (error) {
          next = indices.length;
          const where = [nameOf(dataset, indices[i])];
          throw MillraceError.from(error, "SAMPLE_FAILED", "a sample cannot be read", { where });
        }
      }
    };
    await Promise.all(Array.from({ length: lanes }, run));
    return samples;
  }

  #failed(error: unknown, learner: number, sample?: string): MillraceError {
    const where = [`the fit of ${this.#learners[learner].place}`, ...(sample === undefined ? [] : [sample])];
    return MillraceError.from(error, "SAMPLE_FAILED", "a transform could not be fitted", { where });
  }
}

/** The collate function of blocks: their bytes, as they are. */
export function collateBlock(bytes: unknown, allocator: Allocator): NdArray {
  const { length } = bytes as Uint8Array;
  const batch = allocator.allocate("uint8", [length]);
  batch.data.set(bytes as Uint8Array);
  return batch;
}

/** What the fitters saw of a block, one part for each. */
export function partialsOf(bytes: Uint8Array): readonly unknown[] {
  return deserialize(Buffer.from(Uint8Array.prototype.slice.call(bytes))) as unknown[];
}
