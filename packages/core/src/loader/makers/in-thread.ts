/** Batches of a map-style dataset, made in this thread when they are asked for. */
import type { Collate } from "../../contracts/collate.js";
import type { Dataset } from "../../contracts/dataset.js";
import type { Fetched } from "../../workers/main-end/requests.js";
import { Heap } from "../../workers/making/heap.js";
import { Progress } from "../../workers/making/progress.js";
import { makeBatch, type Making } from "../../workers/making/salvage.js";
import type { Tolerance } from "../../workers/wire/protocol.js";
import type { Job } from "../assignment.js";
import type { Maker, Start } from "./maker.js";

/** What this thread makes batches with; kept from pass to pass. */
export interface Bench {
  readonly collate: Collate;
  /** Where the random numbers of collation follow from. */
  readonly seed: number;
  readonly heap: Heap;
  readonly progress: Progress;
  /** How bad samples are passed over; undefined where their errors are the caller's. */
  readonly tolerance: Tolerance | undefined;
}

export function newBench(given: Pick<Bench, "collate" | "seed" | "tolerance">): Bench {
  return { ...given, heap: new Heap(), progress: new Progress() };
}

export class InThread implements Maker {
  readonly #heap: Heap;
  readonly #making: Making;

  constructor(dataset: Dataset, { heap, ...parts }: Bench, { epoch }: Start) {
    this.#heap = heap;
    this.#making = { dataset, epoch, ...parts };
    parts.progress.enter(epoch);
  }

  async make({ indices = [] }: Job): Promise<Fetched> {
    const lease = this.#heap.lease();
    const { data, salvaged } = await makeBatch(this.#making, indices, lease);
    const samples = salvaged?.indices ?? indices;
    this.#making.progress.end(typeof samples === "number" ? 1 : samples.length, lease.bytes);
    return { data, release: lease.release, salvaged };
  }

  whereabouts(): readonly string[] {
    return [];
  }

  async end(): Promise<void> {
    const { progress, epoch } = this.#making;
    progress.leave(epoch);
  }
}
