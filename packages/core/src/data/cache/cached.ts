/** A dataset whose samples are made once, and kept in memory or on disk for every epoch. */
import { createHash } from "node:crypto";
import { endianness } from "node:os";
import { resolve } from "node:path";
import type { Dataset, FetchContext } from "../../contracts/dataset.js";
import type { Logger } from "../../contracts/logger.js";
import { MillraceError } from "../../errors.js";
import { asDataset, type DatasetLike } from "../datasets/dataset-like.js";
import { fieldTypesOf, infers } from "../field-types.js";
import { materialize } from "../datasets/deferred.js";
import { nameOf } from "../sample-name.js";
import { madeBy } from "../recipe-of.js";
import { readBatch } from "./batches.js";
import { decode, valueOf } from "./decode.js";
import { type DiskHandle, DiskStore } from "./disk-store.js";
import { encode } from "./encode.js";
import { openFolder } from "./folder.js";
import { defaultMemoryBytes, type MemoryHandle, newMemory } from "./memory.js";
import { MemoryStore } from "./memory-store.js";
import { readRagged } from "./ragged-columns.js";
import { type RecordStore, warnTo } from "./store.js";

/** In shared memory: once for all workers, until the program forgets the dataset. */
export interface MemoryCacheOptions {
  readonly in: "memory";
  /** Most bytes; half of the memory that the process may use, by default. Samples beyond it are made each time. */
  readonly maxBytes?: number;
  /** Where a full cache says so; Node's warnings by default. */
  readonly logger?: Logger;
}

/** In files: for later runs, and for other processes too. */
export interface DiskCacheOptions {
  readonly in: "disk";
  /** The folder for caches, made if it is not there; `.millrace/cache` in the working directory by default. */
  readonly folder?: string;
  /**
   * What the samples depend on beside the dataset's own `fingerprint`, such as a version of the code that makes them.
   * Required where the dataset has no fingerprint.
   */
  readonly key?: string;
  /** Most bytes for these samples, 16 GiB by default. Samples beyond it are made each time. */
  readonly maxBytes?: number;
  /** Most bytes of all caches in the folder, four times `maxBytes` by default: the least recently used ones are removed. */
  readonly maxTotalBytes?: number;
  readonly logger?: Logger;
}

/** A cache as it crosses to other threads: plain data and shared memory. */
export type CacheHandle = MemoryHandle | DiskHandle;

/** Counts up when records change: caches of another format are other caches. */
const format = 2;

const defaultDiskBytes = 16 * 2 ** 30;

/**
 * `dataset` with every sample made once: read, transformed and materialized when it is first asked for, and from then on
 * taken from memory that all workers share, or from files. A sample must be the same in every epoch, so that random
 * transforms go behind the cache, not before it; `get` is given epoch 0 and `fixed`. What is given out is always a copy:
 * nobody who writes to a sample changes the cache.
 *
 * @throws MillraceError OPTION_INVALID; CACHE_KEY for a cache on disk without a key; from `get` CACHE_VALUE for a sample
 * that cannot be kept, and CACHE_RANDOM for one that was made with random numbers.
 */
export function cached<S>(dataset: DatasetLike<S>, options: MemoryCacheOptions): Dataset<S>;
export function cached<S>(dataset: DatasetLike<S>, options: DiskCacheOptions): Promise<Dataset<S>>;
export function cached<S>(
  given: DatasetLike<S>,
  options: MemoryCacheOptions | DiskCacheOptions,
): Dataset<S> | Promise<Dataset<S>> {
  const dataset = asDataset(given, "the dataset of a cache");
  requireBytes("maxBytes", options.maxBytes);
  if (options.in === "memory")
    return withCache(dataset, newMemoryCache(dataset.length, options), options.logger);
  if (options.in === "disk") return onDisk(dataset, options);
  throw new MillraceError(
    "OPTION_INVALID",
    `a cache is in "memory" or on "disk", was ${JSON.stringify((options as { in?: unknown }).in)}`,
  );
}

async function onDisk<S>(dataset: Dataset<S>, options: DiskCacheOptions): Promise<Dataset<S>> {
  const fingerprint = await dataset.fingerprint?.();
  if (fingerprint === undefined && options.key === undefined) throw noFingerprint("the dataset");
  const about = { fingerprint, key: options.key };
  return withCache(dataset, newDiskCache(dataset.length, about, options), options.logger);
}

/** What a cache on disk answers to a dataset that cannot say when it changes. */
export function noFingerprint(what: string): MillraceError {
  return new MillraceError(
    "CACHE_KEY",
    `a cache on disk needs to know when its samples change, but ${what} has no fingerprint`,
    {
      hint: 'Use `"in": "memory"`; or give the dataset a method `fingerprint`, or the cache a `key`.',
    },
  );
}

/** Shared memory for the samples of a dataset. */
export function newMemoryCache(length: number, { maxBytes }: Omit<MemoryCacheOptions, "in">): MemoryHandle {
  return newMemory(length, maxBytes ?? defaultMemoryBytes());
}

/** The folder for samples that depend on what `about`, plain JSON, says. */
export function newDiskCache(
  length: number,
  about: object,
  {
    folder = ".millrace/cache",
    maxBytes = defaultDiskBytes,
    maxTotalBytes,
    logger,
  }: Omit<DiskCacheOptions, "in">,
): DiskHandle {
  requireBytes("maxTotalBytes", maxTotalBytes);
  const all = { ...about, samples: length, format, endianness: endianness() };
  return openFolder({
    folder: resolve(folder),
    key: createHash("sha256").update(JSON.stringify(all)).digest("hex").slice(0, 32),
    about: all,
    length,
    maxBytes,
    maxTotalBytes: maxTotalBytes ?? 4 * maxBytes,
    warn: warnTo(logger),
    inform: (fields, message) => logger?.info(fields, message),
  });
}

function requireBytes(name: string, value: number | undefined): void {
  if (value === undefined || (Number.isSafeInteger(value) && value > 0)) return;
  throw new MillraceError("OPTION_INVALID", `${name} must be a whole number of bytes above 0, was ${value}`);
}

/** What the dataset is asked with: the sample is for every epoch. */
function fixed(context: FetchContext): FetchContext {
  return { ...context, epoch: 0, fixed: true };
}

/** `dataset` behind a cache that exists: what workers make again. */
export function withCache<S>(dataset: Dataset<S>, handle: CacheHandle, logger?: Logger): Dataset<S> {
  const warn = warnTo(logger);
  const store: RecordStore =
    handle.in === "memory" ? new MemoryStore(handle, warn) : new DiskStore(handle, warn);
  const kept = (index: number): { readonly sample: S } | undefined => {
    const record = store.read(index);
    return record && { sample: decode(record, store.schemas) as S };
  };
  const keptMany = (indices: readonly number[]): ReturnType<typeof kept>[] => {
    const records = store.readMany?.(indices);
    if (records === undefined) return indices.map(kept);
    const { memory, starts, schemas } = records;
    return schemas.map((schema, i) => schema && { sample: valueOf(schema.field, memory, starts[i]) as S });
  };
  const keep = async (index: number, made: S | Promise<S>): Promise<S> => {
    const sample = (await materialize(await made)) as S;
    if (store.open) store.write(index, encode(sample));
    return sample;
  };
  const own: Dataset<S> = {
    get length() {
      return dataset.length;
    },
    facts: dataset.facts,
    fields: dataset.fields,
    get(index, context) {
      const found = kept(index);
      return found === undefined ? keep(index, dataset.get(index, fixed(context))) : found.sample;
    },
    getMany:
      dataset.getMany && ((indices, context) => getMany(dataset, indices, fixed(context), keptMany, keep)),
    getBatch: (indices, _context, allocator) => readBatch(store, indices, allocator, fieldTypesOf(own)),
    getColumns: (indices, _context, allocator, ragged) =>
      readRagged(store, indices, allocator, fieldTypesOf(own), ragged),
    key: dataset.key?.bind(dataset),
    origin: dataset.origin?.bind(dataset),
    column: dataset.column?.bind(dataset),
    fingerprint: dataset.fingerprint?.bind(dataset),
    async close() {
      store.close();
      await dataset.close?.();
    },
  };
  infers(own, () => fieldTypesOf(dataset));
  return madeBy(own, { module: import.meta.url, export: "withCache", args: [dataset, handle] });
}

/** The samples that are kept, and the others by one `getMany` of the dataset. */
async function getMany<S>(
  dataset: Dataset<S>,
  indices: readonly number[],
  context: FetchContext,
  kept: (indices: readonly number[]) => readonly ({ readonly sample: S } | undefined)[],
  keep: (index: number, made: S) => Promise<S>,
): Promise<readonly S[]> {
  const samples = kept(indices);
  const missing = indices.filter((_index, i) => samples[i] === undefined);
  if (missing.length === 0) return samples.map((found) => (found as { sample: S }).sample);
  const made = (await dataset.getMany?.(missing, context)) ?? [];
  if (made.length !== missing.length) {
    throw new MillraceError(
      "DATASET_INVALID",
      `getMany must return one sample per index: expected ${missing.length}, got ${made.length}`,
    );
  }
  let next = 0;
  return Promise.all(
    samples.map(async (found, i) => {
      if (found !== undefined) return found.sample;
      try {
        return await keep(indices[i], made[next++]);
      } catch (error) {
        throw MillraceError.from(error, "SAMPLE_FAILED", "a sample cannot be kept", {
          where: [nameOf(dataset, indices[i])],
        });
      }
    }),
  );
}
