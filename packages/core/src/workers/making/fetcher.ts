/** Makes one batch: the samples of some indices, then collation. The same code runs in a worker and without one. */
import type { Allocator } from "../../contracts/batch.js";
import type { Collate } from "../../contracts/collate.js";
import type { Dataset, FetchContext } from "../../contracts/dataset.js";
import { defaultCollate } from "../../data/collate.js";
import { fieldTypesOf } from "../../data/field-types.js";
import { nameOf, preview } from "../../data/sample-name.js";
import { hasDeferred, materialize } from "../../data/datasets/deferred.js";
import { MillraceError } from "../../errors.js";
import { laneCount } from "../wire/cells.js";
import { bytesOf } from "../wire/layout.js";
import { contextOf, type Drawing } from "./batch-context.js";
import { type Lane, Progress } from "./progress.js";

/**
 * Samples of one batch that are read at once where reading is asynchronous: enough to keep libuv's four threads busy
 * while results are taken off, and few enough to hold no more than these in memory undecoded.
 */
const concurrency = laneCount;

/** The memory of a batch, and what becomes of it once the batch is there. */
export interface BatchMemory extends Allocator {
  /** Takes the batch as it was collated; what it gives stands for it. */
  finish?(batch: unknown): unknown;
}

/**
 * One number instead of a list is one sample, converted instead of collated: `collate` receives it alone. `progress`
 * is told where the batch is; whoever calls tells it the end.
 *
 * @throws MillraceError whose `where` names the sample by key and index, the epoch, and the transform if one failed.
 */
export async function fetchBatch(
  dataset: Dataset,
  collate: Collate,
  indices: readonly number[] | number,
  drawing: Drawing,
  memory: BatchMemory,
  progress: Progress = new Progress(),
): Promise<unknown> {
  const { epoch } = drawing;
  progress.begin();
  const collated = (samples: unknown, place: () => string[]): Promise<unknown> => {
    progress.collate();
    const context = contextOf(dataset, indices, drawing);
    const made = () => finished(collate(samples as never, memory, fieldTypesOf(dataset), context), memory);
    return named(made, "collate failed", place, (entry) =>
      typeof indices === "number" ? undefined : nameOf(dataset, indices[entry]),
    );
  };
  if (typeof indices === "number") {
    const lane = progress.lane();
    lane.enter();
    const sample = await fetchSample(dataset, indices, lane.context(epoch), lane);
    return collated(sample, () => [nameOf(dataset, indices), `epoch ${epoch}`]);
  }
  const place = (): string[] => [`batch of samples ${preview(indices, dataset)}`, `epoch ${epoch}`];
  const columns = columnsFor(dataset, collate, memory, progress);
  if (columns !== undefined) {
    const make = async (): Promise<unknown> => {
      const lane = progress.lane();
      lane.readAll();
      const made = columns(indices, lane.context(epoch));
      const batch = isThenable(made) ? await made : made;
      // It may know of no way to make this one.
      return batch === undefined ? undefined : finished(batch, memory);
    };
    const batch = await named(make, "samples cannot be read", place);
    if (batch !== undefined) return batch;
    progress.lane().reset();
  }
  const samples = fetchSamples(dataset, indices, epoch, progress);
  return collated(samples instanceof Promise ? await samples : samples, place);
}

/** What makes a batch without its samples, where dataset and collate function know how; it gives undefined where it cannot. */
function columnsFor(
  dataset: Dataset,
  collate: Collate,
  memory: BatchMemory,
  progress: Progress,
): ((indices: readonly number[], context: FetchContext) => unknown) | undefined {
  const { fromColumns } = collate;
  if (collate === defaultCollate)
    return dataset.getBatch && ((indices, context) => dataset.getBatch?.(indices, context, memory));
  if (fromColumns === undefined || dataset.getColumns === undefined) return undefined;
  return async (indices, context) => {
    const columns = await dataset.getColumns?.(indices, context, memory, fromColumns.ragged);
    if (columns === undefined) return undefined;
    progress.collate();
    try {
      return fromColumns.collate(columns, memory);
    } catch (error) {
      // The sample that is at fault shows when they are collated.
      if (error instanceof MillraceError) return undefined;
      throw error;
    }
  };
}

/** The last of making a batch: its arrays are what they say. */
export function finished(batch: unknown, memory: BatchMemory): unknown {
  if (isThenable(batch)) return batch.then((made) => finished(made, memory));
  if (memory.finish !== undefined) return memory.finish(batch);
  bytesOf(batch);
  return batch;
}

/** What `run` gives; a fault of its own is named by the place. */
async function named(
  run: () => unknown,
  what: string,
  place: () => string[],
  nameOfEntry?: (entry: number) => string | undefined,
): Promise<unknown> {
  try {
    return await run();
  } catch (error) {
    const entry = error instanceof MillraceError ? error.entry : undefined;
    const sample = entry === undefined ? undefined : nameOfEntry?.(entry);
    throw MillraceError.from(error, "SAMPLE_FAILED", what, {
      where: [...(sample === undefined ? [] : [sample]), ...place()],
    });
  }
}

/** The samples at these indices, in their order; a promise only where something has to be waited for. */
export function fetchSamples(
  dataset: Dataset,
  indices: readonly number[],
  epoch: number,
  progress: Progress,
): readonly unknown[] | Promise<readonly unknown[]> {
  const getMany = dataset.getMany?.bind(dataset);
  const lane = progress.lane();
  if (getMany !== undefined) return fetchMany(dataset, getMany, indices, epoch, lane);
  const samples = new Array<unknown>(indices.length);
  const context = lane.context(epoch);
  lane.enter();
  for (let i = 0; i < indices.length; i++) {
    samples[i] = fetchSample(dataset, indices[i], context, lane);
    // As long as samples are there at once, a promise for each would cost more than the sample.
    if (samples[i] instanceof Promise) return fetchInLanes(dataset, indices, epoch, progress, samples, i);
  }
  return samples;
}

/** Several samples at a time; the one at `begun` is under way, those before it are there. */
async function fetchInLanes(
  dataset: Dataset,
  indices: readonly number[],
  epoch: number,
  progress: Progress,
  samples: unknown[],
  begun: number,
): Promise<readonly unknown[]> {
  const lanes = Math.min(concurrency, indices.length - begun);
  let next = begun + 1;
  const run = async (lane: Lane, position = next++): Promise<void> => {
    try {
      for (let at = position; at < indices.length; at = next++) {
        lane.enter();
        samples[at] = await (at === begun
          ? samples[at]
          : fetchSample(dataset, indices[at], lane.context(epoch), lane));
      }
      lane.done();
    } catch (error) {
      next = indices.length;
      throw error;
    }
  };
  progress.widen(lanes);
  const others = Array.from({ length: lanes - 1 }, (_, i) => run(progress.lane(i + 1)));
  await Promise.all([run(progress.lane(), begun), ...others]);
  return samples;
}

/** One sample, its deferred fields made; a promise only where something has to be waited for. */
function fetchSample(dataset: Dataset, index: number, context: FetchContext, lane: Lane): unknown {
  let sample: unknown;
  lane.read(index);
  try {
    sample = dataset.get(index, context);
  } catch (error) {
    throw unreadable(error, dataset, index, context);
  }
  if (typeof sample !== "object" || sample === null) return sample;
  if (isThenable(sample)) return made(Promise.resolve(sample).then(materialize), dataset, index, context);
  return hasDeferred(sample) ? made(materialize(sample), dataset, index, context) : sample;
}

async function made(
  sample: Promise<unknown>,
  dataset: Dataset,
  index: number,
  context: FetchContext,
): Promise<unknown> {
  try {
    return await sample;
  } catch (error) {
    throw unreadable(error, dataset, index, context);
  }
}

function unreadable(error: unknown, dataset: Dataset, index: number, { epoch }: FetchContext): MillraceError {
  return MillraceError.from(error, "SAMPLE_FAILED", "a sample cannot be read", {
    where: [nameOf(dataset, index), `epoch ${epoch}`],
  });
}

async function fetchMany(
  dataset: Dataset,
  getMany: NonNullable<Dataset["getMany"]>,
  indices: readonly number[],
  epoch: number,
  lane: Lane,
): Promise<readonly unknown[]> {
  const place = (): string[] => [`samples ${preview(indices, dataset)}`, `epoch ${epoch}`];
  lane.readAll();
  const samples = (await named(
    () => getMany(indices, lane.context(epoch)),
    "samples cannot be read",
    place,
  )) as readonly unknown[] | undefined;
  if (samples?.length !== indices.length) {
    throw new MillraceError(
      "DATASET_INVALID",
      `getMany must return one sample per index: expected ${indices.length}, got ${samples?.length ?? "none"}`,
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
