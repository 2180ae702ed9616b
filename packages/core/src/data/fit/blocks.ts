/** A dataset as blocks of samples, each of them what fitters saw in it: what workers make while a transform is fitted. */
import { deserialize, serialize } from "node:v8";
import type { Allocator } from "../../contracts/batch.js";
import type { Dataset, FetchContext } from "../../contracts/dataset.js";
import type { NdArray } from "../../contracts/ndarray.js";
import type { Columns, Fitter } from "../../contracts/transform.js";
import { MillraceError, type SerializedError } from "../../errors.js";
import { heapAllocator } from "../collate.js";
import { materialize } from "../datasets/deferred.js";
import { areColumns } from "../datasets/columns-passage.js";
import { roundedNames, roundFields } from "../datasets/passage.js";
import { fieldTypesOf } from "../field-types.js";
import { isSampleFault } from "../sample-fault.js";
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

/** A sample that nothing was learned from. */
export interface LeftOut {
  readonly index: number;
  readonly error: SerializedError;
}

/** What was seen of a block. */
export interface SeenBlock {
  /** One for each learner. */
  readonly partials: readonly unknown[];
  readonly leftOut: readonly LeftOut[];
}

export interface FitBlocksOptions {
  /** Leaves bad samples out, which are errors otherwise. */
  readonly leavesOut?: boolean;
}

/** Sample `i` is block `i` of `dataset`, in order of index: what each learner's fitter saw of it (`SeenBlock`), as bytes. */
export class FitBlocks implements Dataset<Uint8Array> {
  readonly #dataset: Dataset;
  readonly #learners: readonly Learner[];
  readonly #leavesOut: boolean;
  #rounded: readonly string[] | undefined;

  constructor(dataset: Dataset, learners: readonly Learner[], { leavesOut = false }: FitBlocksOptions = {}) {
    this.#dataset = dataset;
    this.#learners = learners;
    this.#leavesOut = leavesOut;
  }

  get length(): number {
    return Math.ceil(this.#dataset.length / blockLength);
  }

  /** What messages call a block: the name of the sample at fault stands before it. */
  key(): string {
    return blockName;
  }

  async get(block: number, context: FetchContext): Promise<Uint8Array> {
    const start = block * blockLength;
    const end = Math.min(start + blockLength, this.#dataset.length);
    const fixed: FetchContext = { ...context, epoch: 0, fixed: true };
    try {
      return serialize(await this.#all(start, end, fixed));
    } catch (error) {
      if (!this.#leavesOut || !isSampleFault(error)) throw error;
      return serialize(await this.#withoutBad(start, end, fixed));
    }
  }

  async #all(start: number, end: number, context: FetchContext): Promise<SeenBlock> {
    const fitters = this.#learners.map((learner) => learner.begin());
    for (let from = start; from < end; from += chunkLength) {
      const indices: number[] = [];
      for (let index = from; index < Math.min(from + chunkLength, end); index++) indices.push(index);
      await this.#see(fitters, indices, context);
    }
    return { partials: fitters.map((fitter) => fitter.partial()), leftOut: [] };
  }

  /** One by one. A sample that one learner refuses is none for those behind it either, as it will not reach them. */
  async #withoutBad(start: number, end: number, context: FetchContext): Promise<SeenBlock> {
    const fitters = this.#learners.map((learner) => learner.begin());
    const leftOut: LeftOut[] = [];
    for (let index = start; index < end; index++) {
      try {
        const samples = await this.#samples([index], context);
        for (const [i, fitter] of fitters.entries()) {
          // It may refuse a sample when it has taken half of it.
          this.#add(i, this.#learners[i].begin(), samples, [index]);
          this.#add(i, fitter, samples, [index]);
        }
      } catch (error) {
        if (!isSampleFault(error)) throw error;
        const fault = MillraceError.from(error, "SAMPLE_FAILED", "a sample cannot be read");
        leftOut.push({ index, error: fault.toJSON() });
      }
    }
    return { partials: fitters.map((fitter) => fitter.partial()), leftOut };
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

/** What was seen of a block. */
export function seenIn(bytes: Uint8Array): SeenBlock {
  return deserialize(Buffer.from(Uint8Array.prototype.slice.call(bytes))) as SeenBlock;
}
