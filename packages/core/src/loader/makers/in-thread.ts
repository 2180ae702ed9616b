/** Batches of a map-style dataset, made in this thread when they are asked for. */
import type { Collate } from "../../contracts/collate.js";
import type { Dataset } from "../../contracts/dataset.js";
import type { Fetched } from "../../workers/main-end/requests.js";
import { fetchBatch } from "../../workers/making/fetcher.js";
import { Heap } from "../../workers/making/heap.js";
import { Progress } from "../../workers/making/progress.js";
import type { Job } from "../assignment.js";
import type { Maker, Start } from "./maker.js";

/** What this thread makes batches with; kept from pass to pass. */
export interface Bench {
  readonly collate: Collate;
  readonly heap: Heap;
  readonly progress: Progress;
}

export function newBench(collate: Collate): Bench {
  return { collate, heap: new Heap(), progress: new Progress() };
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
    const { collate, heap, progress } = this.#bench;
    const lease = heap.lease();
    const data = await fetchBatch(this.#dataset, collate, indices, this.#context, lease, progress);
    progress.end(typeof indices === "number" ? 1 : indices.length, lease.bytes);
    return { data, release: lease.release };
  }

  whereabouts(): readonly string[] {
    return [];
  }

  async end(): Promise<void> {}
}
