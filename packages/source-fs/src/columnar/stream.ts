/** The rows of a table one after the other: each shard has a range of its own. */
import type { IterableDataset, SampleStream, Shard } from "@millrace/core";
import type { ColumnarSample, Rows } from "./rows.js";
import type { Storage } from "./storage.js";

/** Where a pass stands. Plain JSON. */
interface Place {
  /** The index of the next row. */
  readonly next: number;
}

export function streamOf(
  rows: Rows,
  { files }: Storage,
): Pick<IterableDataset<ColumnarSample>, "length" | "lengthOf" | "description" | "iterate"> {
  const { length } = rows;
  const firstOf = ({ id, count }: Shard): number => Math.floor((id * length) / count);
  const endOf = ({ id, count }: Shard): number => firstOf({ id: id + 1, count });
  return {
    length,
    lengthOf: (shard) => endOf(shard) - firstOf(shard),
    description: `${length} rows of ${files.map(({ name }) => name).join(", ")}`,
    iterate: ({ shard, state }) =>
      new Pass(rows, (state as Place | undefined)?.next ?? firstOf(shard), endOf(shard)),
  };
}

class Pass implements SampleStream<ColumnarSample> {
  readonly goesOn = true;
  readonly #rows: Rows;
  readonly #end: number;
  #next: number;
  #left = false;

  constructor(rows: Rows, next: number, end: number) {
    this.#rows = rows;
    this.#next = next;
    this.#end = end;
  }

  async next() {
    if (this.#left || this.#next >= this.#end) return { done: true as const, value: undefined };
    // Behind a row that cannot be a sample the pass goes on.
    const index = this.#next++;
    return { done: false as const, value: await this.#rows.get(index), key: this.#rows.key(index) };
  }

  state(): Place {
    return { next: this.#next };
  }

  return(): void {
    this.#left = true;
  }
}
