/** A dataset seen through a chain of transforms, each with random numbers of its own address. */
import type { Allocator } from "../../contracts/batch.js";
import type { Dataset, FetchContext } from "../../contracts/dataset.js";
import type { RaggedColumns } from "../../contracts/ragged.js";
import { MillraceError } from "../../errors.js";
import { fieldTypesOf, infers } from "../field-types.js";
import { nameOf } from "../sample-name.js";
import { heapAllocator } from "../collate.js";
import { areColumns, passColumns, passRagged } from "./columns-passage.js";
import { hasDeferred, materialize } from "./deferred.js";
import { type ChainLink, knownBehind, passMany, passOne, type Step, stepsOf } from "./passage.js";

/** How a chain ends. */
export interface TransformChainOptions {
  /** Leaves fields deferred that are, for a chain that follows; default false. */
  readonly deferred?: boolean;
}

/**
 * `dataset` with every sample passed through `chain`. A transform's random numbers are those at (seed, epoch, index in
 * `dataset`, position), so they do not depend on workers, order, or the other transforms.
 *
 * The result gives columns (`getBatch`) where `dataset` does and every link knows them; many samples at once (`getMany`)
 * where `dataset` does, or a link takes them so.
 */
export function transformChain(
  dataset: Dataset,
  chain: readonly ChainLink[],
  seed: number,
  { deferred = false }: TransformChainOptions = {},
): Dataset {
  const passing = new Passing(dataset, chain, seed, deferred);
  const getBatch = dataset.getBatch?.bind(dataset);
  const byColumns = getBatch !== undefined && chain.every((link) => link.applyColumns !== undefined);
  const own: Dataset = {
    get length() {
      return dataset.length;
    },
    // What was only found by looking holds for untouched samples alone.
    ...knownBehind(chain, dataset),
    get: async (index, context) => passing.one(await dataset.get(index, context), index, context),
    // Without a transform there is nothing to see of single samples.
    getBatch: !byColumns
      ? undefined
      : chain.length === 0
        ? getBatch
        : (indices, context, allocator) => passing.columns(own, indices, context, allocator),
    getColumns:
      hasColumns(dataset) && chain.every(takesRagged)
        ? (indices, context, allocator, ragged) => passing.ragged(indices, context, allocator, ragged)
        : undefined,
    getMany:
      dataset.getMany === undefined && chain.every((link) => link.applyMany === undefined)
        ? undefined
        : (indices, context) => passing.many(indices, context),
    key: dataset.key?.bind(dataset),
    origin: dataset.origin?.bind(dataset),
    column: dataset.column?.bind(dataset),
    close: () => dataset.close?.(),
  };
  return chain.length === 0 ? infers(own, () => fieldTypesOf(dataset)) : own;
}

/** Samples that are read at once where a dataset gives one at a time: as many as libuv has threads. */
const lanes = 4;

class Passing {
  readonly #dataset: Dataset;
  readonly #chain: readonly ChainLink[];
  readonly #seed: number;
  readonly #deferred: boolean;
  #steps: readonly Step[] | undefined;
  /** False once a link was given ragged columns that it does not take. */
  #takesRagged = true;

  constructor(dataset: Dataset, chain: readonly ChainLink[], seed: number, deferred: boolean) {
    this.#dataset = dataset;
    this.#chain = chain;
    this.#seed = seed;
    this.#deferred = deferred;
  }

  async one(sample: unknown, index: number, context: FetchContext): Promise<unknown> {
    try {
      return await this.#through(this.#known, sample, index, context, true);
    } finally {
      if (this.#chain.length > 0) context.progress?.transformed();
    }
  }

  async many(indices: readonly number[], context: FetchContext): Promise<readonly unknown[]> {
    const steps = this.#known;
    try {
      // Up to the next link that takes many, each sample goes its own way.
      let next = nextMany(steps, 0);
      let samples = await this.#read(steps.slice(0, next), indices, context);
      while (next < steps.length) {
        const name = (index: number): string => nameOf(this.#dataset, index);
        samples = await passMany(steps[next], samples, indices, context, this.#seed, name);
        const from = next + 1;
        next = nextMany(steps, from);
        samples = await this.#each(steps.slice(from, next), samples, indices, context, next === steps.length);
      }
      return samples;
    } finally {
      if (this.#chain.length > 0) context.progress?.transformed();
    }
  }

  /** Undefined where columns would not say what samples do. */
  async columns(
    own: Dataset,
    indices: readonly number[],
    context: FetchContext,
    allocator: Allocator,
  ): Promise<unknown> {
    const dataset = this.#dataset;
    // Only what is left at the end takes room in the batch.
    const batch = await dataset.getBatch?.(indices, context, heapAllocator);
    if (!areColumns(batch, fieldTypesOf(dataset))) return undefined;
    try {
      return await passColumns(this.#known, batch, indices, context, this.#seed, allocator);
    } catch (error) {
      // Only one of them is at fault, most likely: alone, it shows.
      for (const index of indices) await this.#named(index, async () => own.get(index, context));
      throw error;
    } finally {
      context.progress?.transformed();
    }
  }

  /** Undefined where columns would not say what samples do, or something is wrong: samples then tell which is at fault. */
  async ragged(
    indices: readonly number[],
    context: FetchContext,
    allocator: Allocator,
    ragged: readonly string[],
  ): Promise<RaggedColumns | undefined> {
    if (!this.#takesRagged) return undefined;
    const dataset = this.#dataset;
    const memory = this.#chain.length === 0 ? allocator : heapAllocator;
    const columns =
      dataset.getColumns === undefined
        ? await dataset.getBatch?.(indices, context, memory)
        : await dataset.getColumns(indices, context, memory, ragged);
    if (this.#chain.length === 0) return columns as RaggedColumns | undefined;
    if (!areColumns(columns, fieldTypesOf(dataset))) return undefined;
    try {
      const made = await passRagged(this.#known, columns, indices, context, this.#seed);
      this.#takesRagged = made !== undefined;
      return made;
    } catch (error) {
      if (error instanceof MillraceError) return undefined;
      throw error;
    } finally {
      if (this.#chain.length > 0) context.progress?.transformed();
    }
  }

  /** Looked for when a sample is there: to know the types, samples in memory may have to be looked at. */
  get #known(): readonly Step[] {
    const byColumns = this.#chain.some((link) => link.applyColumns !== undefined);
    this.#steps ??= stepsOf(this.#chain, byColumns ? fieldTypesOf(this.#dataset) : {});
    return this.#steps;
  }

  async #through(
    steps: readonly Step[],
    sample: unknown,
    index: number,
    context: FetchContext,
    last: boolean,
  ): Promise<unknown> {
    const value = steps.length === 0 ? sample : await passOne(steps, sample, index, context, this.#seed);
    if (!last || this.#deferred || !hasDeferred(value)) return value;
    context.progress?.making?.();
    return materialize(value);
  }

  async #read(steps: readonly Step[], indices: readonly number[], context: FetchContext) {
    const dataset = this.#dataset;
    const last = steps.length === this.#chain.length;
    if (dataset.getMany !== undefined) {
      return this.#each(steps, await dataset.getMany(indices, context), indices, context, last);
    }
    const samples = new Array<unknown>(indices.length);
    let next = 0;
    const run = async (): Promise<void> => {
      for (let i = next++; i < indices.length; i = next++) {
        const index = indices[i];
        samples[i] = await this.#named(index, async () =>
          this.#through(steps, await dataset.get(index, context), index, context, last),
        );
      }
    };
    await Promise.all(Array.from({ length: lanes }, run));
    return samples;
  }

  async #each(
    steps: readonly Step[],
    samples: readonly unknown[],
    indices: readonly number[],
    context: FetchContext,
    last: boolean,
  ): Promise<readonly unknown[]> {
    if (steps.length === 0 && (!last || this.#deferred || !samples.some(hasDeferred))) return samples;
    return Promise.all(
      samples.map((sample, i) =>
        this.#named(indices[i], () => this.#through(steps, sample, indices[i], context, last)),
      ),
    );
  }

  /** Whoever asks for one sample names it in a fault; of many, only this place knows which one it was. */
  async #named(index: number, run: () => Promise<unknown>): Promise<unknown> {
    try {
      return await run();
    } catch (error) {
      throw MillraceError.from(error, "SAMPLE_FAILED", "a transform failed", {
        where: [nameOf(this.#dataset, index)],
      });
    }
  }
}

function hasColumns(dataset: Dataset): boolean {
  return dataset.getColumns !== undefined || dataset.getBatch !== undefined;
}

function takesRagged(link: ChainLink): boolean {
  return link.applyRagged !== undefined || link.applyColumns !== undefined;
}

function nextMany(steps: readonly Step[], from: number): number {
  const found = steps.findIndex(({ link }, i) => i >= from && link.applyMany !== undefined);
  return found < 0 ? steps.length : found;
}
