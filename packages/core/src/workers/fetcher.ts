/** Makes one batch: the samples of some indices, then collation. The same code runs in a worker and without one. */
import type { Allocator } from "../contracts/batch.js";
import type { Collate } from "../contracts/collate.js";
import type { Dataset, FetchContext } from "../contracts/dataset.js";
import { materialize } from "../data/datasets/transformed.js";
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
  const samples =
    typeof indices === "number"
      ? await fetchSample(dataset, indices, context)
      : await fetchSamples(dataset, indices, context);
  try {
    return await collate(samples as readonly unknown[], allocator);
  } catch (error) {
    const what =
      typeof indices === "number" ? nameOf(dataset, indices) : `batch of samples ${preview(indices)}`;
    throw MillraceError.from(error, "SAMPLE_FAILED", "collate failed", {
      where: [what, `epoch ${context.epoch}`],
    });
  }
}

async function fetchSamples(
  dataset: Dataset,
  indices: readonly number[],
  context: FetchContext,
): Promise<readonly unknown[]> {
  const getMany = dataset.getMany?.bind(dataset);
  if (getMany !== undefined) return fetchMany(getMany, indices, context);
  const samples = new Array<unknown>(indices.length);
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < indices.length) {
      const position = next++;
      try {
        samples[position] = await fetchSample(dataset, indices[position], context);
      } catch (error) {
        next = indices.length;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, indices.length) }, lane));
  return samples;
}

async function fetchSample(dataset: Dataset, index: number, context: FetchContext): Promise<unknown> {
  try {
    return await materialize(await dataset.get(index, context));
  } catch (error) {
    throw MillraceError.from(error, "SAMPLE_FAILED", "a sample cannot be read", {
      where: [nameOf(dataset, index), `epoch ${context.epoch}`],
    });
  }
}

async function fetchMany(
  getMany: NonNullable<Dataset["getMany"]>,
  indices: readonly number[],
  context: FetchContext,
): Promise<readonly unknown[]> {
  let samples: readonly unknown[];
  try {
    samples = await getMany(indices, context);
  } catch (error) {
    throw MillraceError.from(error, "SAMPLE_FAILED", "samples cannot be read", {
      where: [`samples ${preview(indices)}`, `epoch ${context.epoch}`],
    });
  }
  if (samples.length === indices.length) return Promise.all(samples.map(materialize));
  throw new MillraceError(
    "SAMPLE_FAILED",
    `getMany must return one sample per index: expected ${indices.length}, got ${samples.length}`,
    {
      where: [`samples ${preview(indices)}`],
    },
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
