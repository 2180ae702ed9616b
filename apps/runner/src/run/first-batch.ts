/** The first batch of a run, copied as it passes: what the model got, whatever made it. */
import { type Batch, isNdArray, type NdArray } from "@millrace/core";
import type { BatchSource } from "@millrace/core/spec";

/** So many samples are kept, fewer where they are large. */
const mostSamples = 24;
const mostBytes = 32 * 2 ** 20;

export interface FirstBatch {
  readonly epoch: number;
  readonly step: number;
  /** Samples of the whole batch. */
  readonly samples: number;
  /** The first samples of the arrays and lists in it, by key. */
  readonly columns: Readonly<Record<string, NdArray | readonly unknown[]>>;
  /** The indices of these samples in the loader's dataset. */
  readonly indices: readonly number[];
}

/** The same source; the first batch that it hands out is shown to `see`, before whoever asked has it. */
export function seeingFirst(source: BatchSource, see: (batch: FirstBatch) => void): BatchSource {
  let seen = false;
  return {
    get dataset() {
      return source.dataset;
    },
    get samples() {
      return source.samples;
    },
    get length() {
      return source.length;
    },
    ...(source.state && { state: () => source.state?.() }),
    ...(source.resume && { resume: (state: unknown) => source.resume?.(state) }),
    batches(epoch) {
      const batches = source.batches(epoch);
      if (seen) return batches;
      const iterator = batches[Symbol.asyncIterator]();
      const next = async () => {
        const result = await iterator.next();
        if (!seen && result.done !== true) {
          seen = true;
          see(firstOf(result.value));
        }
        return result;
      };
      const seeing = { next, return: async () => iterator.return?.() ?? { done: true, value: undefined } };
      return { [Symbol.asyncIterator]: () => seeing as AsyncIterator<Batch> };
    },
  };
}

function firstOf({ data, indices, epoch, step }: Batch): FirstBatch {
  const record = typeof data === "object" && data !== null && !isNdArray(data) ? Object.entries(data) : [];
  const columns: Record<string, NdArray | readonly unknown[]> = {};
  for (const [key, value] of record as [string, unknown][]) {
    if (isNdArray(value) && value.shape.length > 0) columns[key] = firstRows(value);
    else if (Array.isArray(value)) columns[key] = value.slice(0, mostSamples);
  }
  return { epoch, step, samples: indices.length, columns, indices: indices.slice(0, mostSamples) };
}

/** A copy: the batch's memory is filled again. */
function firstRows({ dtype, shape, data }: NdArray): NdArray {
  const [samples, ...rest] = shape;
  const size = rest.reduce((product, extent) => product * extent, 1);
  const room = Math.max(1, Math.floor(mostBytes / Math.max(1, size * data.BYTES_PER_ELEMENT)));
  const rows = Math.min(samples, mostSamples, room);
  return { dtype, shape: [rows, ...rest], data: data.slice(0, rows * size) };
}
