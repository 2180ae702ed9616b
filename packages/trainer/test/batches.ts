/** Batches from memory: what a loader would hand out, including that a released slot is overwritten. */
import type { Batch, NdArray } from "@millrace/core";
import type { BatchSource } from "@millrace/core/spec";

export interface Samples {
  readonly input: NdArray;
  readonly target: NdArray;
}

export interface MemorySource extends BatchSource {
  /** Batches that were handed out and not released yet. */
  readonly leased: number;
  /** Iterations that were started and not ended yet. */
  readonly open: number;
}

interface Behaviour {
  readonly inputKey?: string;
  /** Called before a batch is handed out. */
  readonly before?: (epoch: number, step: number) => void | Promise<void>;
}

/** Batches in the order of the samples; the arrays of a released batch are filled with garbage. */
export function memorySource(samples: Samples, batchSize: number, behaviour: Behaviour = {}): MemorySource {
  const fields = { [behaviour.inputKey ?? "image"]: samples.input, label: samples.target };
  return fieldsSource(fields, batchSize, behaviour);
}

/** The same of samples that hold any fields. */
export function fieldsSource(
  fields: Readonly<Record<string, NdArray>>,
  batchSize: number,
  behaviour: Pick<Behaviour, "before"> = {},
): MemorySource {
  const [first] = Object.values(fields);
  const count = first.shape[0];
  const source = { samples: count, length: Math.ceil(count / batchSize), leased: 0, open: 0 };
  async function* batches(epoch: number): AsyncGenerator<Batch> {
    source.open++;
    try {
      for (let step = 0; step < source.length; step++) {
        await behaviour.before?.(epoch, step);
        const indices = Array.from(
          { length: Math.min(batchSize, count - step * batchSize) },
          (_, i) => step * batchSize + i,
        );
        const data = Object.fromEntries(
          Object.entries(fields).map(([name, array]) => [name, rows(array, indices)]),
        );
        let released = false;
        source.leased++;
        const release = (): void => {
          if (released) return;
          released = true;
          source.leased--;
          for (const array of Object.values(data)) array.data.fill(113);
        };
        yield { data, indices, epoch, step, release };
      }
    } finally {
      source.open--;
    }
  }
  return Object.assign(source, { batches });
}

function rows({ dtype, shape, data }: NdArray, indices: readonly number[]): NdArray {
  const size = data.length / shape[0];
  const from = indices[0] * size;
  return {
    dtype,
    shape: [indices.length, ...shape.slice(1)],
    data: data.slice(from, from + indices.length * size),
  };
}

/** These batches, of whatever shapes, each of so many samples as its first array has rows. */
export function batchesSource(records: readonly Readonly<Record<string, NdArray>>[]): BatchSource {
  const rowsOf = (record: Readonly<Record<string, NdArray>>): number => Object.values(record)[0].shape[0];
  const samples = records.reduce((sum, record) => sum + rowsOf(record), 0);
  async function* batches(epoch: number): AsyncGenerator<Batch> {
    let next = 0;
    for (const [step, data] of records.entries()) {
      const indices = Array.from({ length: rowsOf(data) }, () => next++);
      yield { data, indices, epoch, step, release: () => {} };
    }
  }
  return { samples, length: records.length, batches };
}
