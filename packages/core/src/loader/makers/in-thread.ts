/** Batches of a map-style dataset, made in this thread when they are asked for. */
import type { Collate } from "../../contracts/collate.js";
import type { Dataset } from "../../contracts/dataset.js";
import type { Fetched } from "../../workers/main-end/requests.js";
import { Heap } from "../../workers/making/heap.js";
import { Progress } from "../../workers/making/progress.js";
import { makeBatch } from "../../workers/making/salvage.js";
import type { Tolerance } from "../../workers/wire/protocol.js";
import type { Job } from "../assignment.js";
import type { Maker, Start } from "./maker.js";

/** What this thread makes batches with; kept from pass to pass. */
export interface Bench {
  readonly collate: Collate;
  readonly heap: Heap;
  readonly progress: Progress;
  /** How bad samples are passed over; undefined where their errors are the caller's. */
  readonly tolerance: Tolerance | undefined;
}

export function newBench(collate: Collate, tolerance: Tolerance | undefined): Bench {
  return { collate, heap: new Heap(), progress: new Progress(), tolerance };
}

export class InThread implements Maker {
  readonly #dataset: Dataset;
  readonly #bench: Bench;
  readonly #context: { readonly epoch: number };

  constructor(dataset: Dataset, bench: Bench, { epoch }: Start) {
    this.#dataset = dataset;
    this.#bench = bench;
    this.#context = { epoch };
  }

  async make({ indices = [] }: Job): Promise<Fetched> {
    const { collate, heap, progress, tolerance } = this.#bench;
    const memory = heap.lease();
    const parts = { dataset: this.#dataset, context: this.#context, collate, progress, tolerance };
    const { data, salvaged } = await makeBatch({ ...parts, indices, memory });
    const samples = salvaged?.indices ?? indices;
    progress.end(typeof samples === "number" ? 1 : samples.length, memory.bytes);
    return { data, release: memory.release, ...(salvaged && { salvaged }) };
  }

  whereabouts(): readonly string[] {
    return [];
  }

  async end(): Promise<void> {}
}
