/** Batches that are made in this thread until it is known how many workers should make them, and by those from then on. */
import { MillraceError } from "../../errors.js";
import type { Fetched } from "../../workers/main-end/requests.js";
import type { Job, Plan } from "../assignment.js";
import type { Tuner } from "../auto/tuner.js";
import type { Made } from "../metrics/metrics.js";
import type { Ending, Maker } from "./maker.js";

export interface AutoOptions {
  readonly tuner: Tuner;
  /** Begins a part of the pass with so many workers. */
  readonly begin: (numWorkers: number) => Maker;
  readonly made: () => Made;
  /** Told when the number of workers is known. */
  readonly plan: Plan;
  /** Batches that are worth starting workers for: all that this pass has, or more where workers are kept. */
  readonly batches: number;
}

export class Auto implements Maker {
  readonly #options: AutoOptions;
  readonly #parts: Maker[];
  #ended = false;

  constructor(options: AutoOptions) {
    this.#options = options;
    this.#parts = [options.begin(options.tuner.numWorkers)];
  }

  async make(job: Job): Promise<Fetched | undefined> {
    const { tuner } = this.#options;
    const part = this.#part;
    const fetched = await (tuner.workersChosen ? part.make(job) : tuner.trial(() => part.make(job)));
    if (!tuner.settled && !this.#ended) this.#consider(job);
    return fetched;
  }

  whereabouts(job: Job): readonly string[] {
    return this.#part.whereabouts(job);
  }

  async end(how: Ending): Promise<void> {
    this.#ended = true;
    await Promise.all(this.#parts.map((part) => part.end(how)));
  }

  get #part(): Maker {
    return this.#parts[this.#parts.length - 1];
  }

  #consider({ step }: Job): void {
    const { tuner, begin, made, plan, batches } = this.#options;
    const chosen = tuner.workersChosen;
    tuner.consider(made(), batches - step - 1);
    if (chosen || tuner.numWorkers === 0) return;
    try {
      this.#parts.push(begin(tuner.numWorkers));
      plan.widen(tuner.numWorkers);
    } catch (error) {
      if (!(error instanceof MillraceError) || error.code !== "WORKER_RECIPE") throw error;
      tuner.refuse(error.message);
    }
  }
}
