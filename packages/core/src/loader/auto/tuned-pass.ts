/** A pass whose batches are made in this thread until it is known how many workers should make them. */
import { MillraceError } from "../../errors.js";
import type { Fetched } from "../../workers/main-end/requests.js";
import type { Pass } from "../makers.js";
import type { Made } from "../metrics/metrics.js";
import type { Job, Plan } from "../assignment.js";
import type { Tuner } from "./tuner.js";

export interface TunedPassOptions {
  readonly tuner: Tuner;
  /** Begins a part of the pass with so many workers. */
  readonly begin: (numWorkers: number) => Pass;
  readonly made: () => Made;
  /** Told when the number of workers is known. */
  readonly plan: Plan;
}

export class TunedPass implements Pass {
  readonly #options: TunedPassOptions;
  readonly #parts: Pass[];

  constructor(options: TunedPassOptions) {
    this.#options = options;
    this.#parts = [options.begin(options.tuner.numWorkers)];
  }

  readonly make = (job: Job): Promise<Fetched | undefined> => {
    const { tuner } = this.#options;
    const part = this.#part;
    return tuner.workersChosen ? part.make(job) : tuner.trial(() => part.make(job));
  };

  readonly whereabouts = (job: Job): readonly string[] => this.#part.whereabouts(job);

  /** A batch was handed out, and so many are left. */
  consider(batchesLeft: number): void {
    const { tuner, begin, made, plan } = this.#options;
    const chosen = tuner.workersChosen;
    tuner.consider(made(), batchesLeft);
    if (chosen || tuner.numWorkers === 0) return;
    try {
      this.#parts.push(begin(tuner.numWorkers));
      plan.widen(tuner.numWorkers);
    } catch (error) {
      if (!(error instanceof MillraceError) || error.code !== "WORKER_RECIPE") throw error;
      tuner.refuse(error.message);
    }
  }

  readonly end = async (how: "complete" | "left" | "hung"): Promise<void> => {
    await Promise.all(this.#parts.map((part) => part.end(how)));
  };

  get #part(): Pass {
    return this.#parts[this.#parts.length - 1];
  }
}
