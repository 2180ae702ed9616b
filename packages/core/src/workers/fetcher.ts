/** Makes one batch: the samples of some indices, then collation. The same code runs in a worker and without one. */
import type { Allocator } from "../contracts/batch.js";
import type { Collate } from "../contracts/collate.js";
import type { Dataset, FetchContext } from "../contracts/dataset.js";
import { defaultCollate } from "../data/collate.js";
import { hasDeferred, materialize } from "../data/datasets/transformed.js";
import { MillraceError } from "../errors.js";

/**
 * Samples of one batch that are read at once where reading is asynchronous: enough to keep libuv's four threads busy
 * while results are taken off, and few enough to hold no more than these in memory undecoded.
 */
const concurrency = 8;

/**
 * One number instead of a list is one sample, converted instead of collated: `collate` receives it alone.
 *
 * @throws MillraceError whose `where` names the sample by key and index, the epoch, and the transform if one failed.
 */
export async function fetchBatch(
  dataset: Dataset,
  collate: Collate,
  indices: readonly number[] | number,
  context: FetchContext,
  allocator: Allocator,
): Promise<unknown> {
  if (typeof indices === "number") {
    const sample = await fetchSample(dataset, indices, context);
    return named(() => collate(sample as readonly unknown[], allocator), "collate failed", [
      nameOf(dataset, indices),
      `epoch ${context.epoch}`,
    ]);
  }
  const place = (): string[] => [`batch of samples ${preview(indices)}`, `epoch ${context.epoch}`];
  const getBatch = collate === defaultCollate ? dataset.getBatch?.bind(dataset) : undefined;
  if (getBatch !== undefined) {
    return named(() => getBatch(indices, context, allocator), "samples cannot be read", place);
  }
  const samples = await fetchSamples(dataset, indices, context);
  return named(() => collate(samples, allocator), "collate failed", place);
}

/** What `run` gives; a fault of its own is named by the place. */
async function named(
  run: () => unknown,
  what: string,
  place: readonly string[] | (() => string[]),
): Promise<unknown> {
  try {
    return await run();
  } catch (error) {
    throw MillraceError.from(error, "SAMPLE_FAILED", what, {
      where: typeof place === "function" ? place() : place,
    });
  }
}

function fetchSamples(
  dataset: Dataset,
  indices: readonly number[],
  context: FetchContext,
): readonly unknown[] | Promise<readonly unknown[]> {
  const getMany = dataset.getMany?.bind(dataset);
  if (getMany !== undefined) return fetchMany(getMany, indices, context);
  if (indices.length === 0) return [];
  const samples = new Array<unknown>(indices.length);
  samples[0] = fetchSample(dataset, indices[0], context);
  // What answers the first at once answers all of them at once: a promise per sample would cost more than the sample.
  if (samples[0] instanceof Promise) return fetchInLanes(dataset, indices, context, samples[0]);
  let waiting = false;
  for (let i = 1; i < indices.length; i++) {
    samples[i] = fetchSample(dataset, indices[i], context);
    waiting ||= samples[i] instanceof Promise;
  }
  return waiting ? Promise.all(samples) : samples;
}

/** Several samples at a time; the first is under way already. */
async function fetchInLanes(
  dataset: Dataset,
  indices: readonly number[],
  context: FetchContext,
  first: Promise<unknown>,
): Promise<readonly unknown[]> {
  const samples = new Array<unknown>(indices.length);
  let next = 1;
  const lane = async (first?: Promise<unknown>): Promise<void> => {
    try {
      if (first !== undefined) samples[0] = await first;
      while (next < indices.length) {
        const position = next++;
        samples[position] = await fetchSample(dataset, indices[position], context);
      }
    } catch (error) {
      next = indices.length;
      throw error;
    }
  };
  const others = Array.from({ length: Math.min(concurrency, indices.length) - 1 }, () => lane());
  await Promise.all([lane(first), ...others]);
  return samples;
}

/** One sample, its deferred fields made; a promise only where something has to be waited for. */
function fetchSample(dataset: Dataset, index: number, context: FetchContext): unknown {
  const fail = (error: unknown): never => {
    throw MillraceError.from(error, "SAMPLE_FAILED", "a sample cannot be read", {
      where: [nameOf(dataset, index), `epoch ${context.epoch}`],
    });
  };
  let sample: unknown;
  try {
    sample = dataset.get(index, context);
  } catch (error) {
    return fail(error);
  }
  if (isThenable(sample)) return Promise.resolve(sample).then(materialize).catch(fail);
  return hasDeferred(sample) ? materialize(sample).catch(fail) : sample;
}

async function fetchMany(
  getMany: NonNullable<Dataset["getMany"]>,
  indices: readonly number[],
  context: FetchContext,
): Promise<readonly unknown[]> {
  const place = (): string[] => [`samples ${preview(indices)}`, `epoch ${context.epoch}`];
  const samples = (await named(
    () => getMany(indices, context),
    "samples cannot be read",
    place,
  )) as readonly unknown[];
  if (samples.length !== indices.length) {
    throw new MillraceError(
      "SAMPLE_FAILED",
      `getMany must return one sample per index: expected ${indices.length}, got ${samples.length}`,
      { where: place() },
    );
  }
  return samples.some(hasDeferred) ? Promise.all(samples.map(materialize)) : samples;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as Partial<Promise<unknown>>).then === "function"
  );
}

/** "sample 17 (digits/3/0017.png)" */
function nameOf(dataset: Dataset, index: number): string {
  let key: string | undefined;
  try {
    key = dataset.key?.(index);
  } catch {
    // The sample's own fault is the one to report; its name is a courtesy.
  }
  return key === undefined ? `sample ${index}` : `sample ${index} (${key})`;
}

function preview(indices: readonly number[]): string {
  const head = indices.slice(0, 8).join(", ");
  return indices.length > 8 ? `${head}, … (${indices.length} in all)` : head;
}
