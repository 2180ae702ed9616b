/** One step of several processes: the mean of their gradients, by what each part of the batch counts. */
import type { Tensor, Variable } from "@tensorflow/tfjs-core";
import type { Engine } from "../engine.js";
import { hostMemory } from "../optimizers/host-memory.js";
import type { Gradients } from "../optimizers/updater.js";
import type { Together } from "./together.js";

/** What this process made of its part of the batch. */
export interface Part {
  readonly gradients: Gradients;
  /** The mean loss, with what regularizers add. */
  readonly loss: number;
  /** How much it counts. */
  readonly share: number;
  readonly samples: number;
}

/** The same of the whole batch, on every rank. */
export interface Whole extends Part {
  dispose(): void;
}

/** Numbers behind the gradients: what travels with them costs no message of its own. */
const tail = ["share", "loss", "samples", "stops", "late"] as const;

/** Adds up gradients in one call of all ranks; a rank without samples joins with zeros. */
export class GradientSum {
  readonly #engine: Engine;
  readonly #together: Together;
  readonly #variables: readonly Variable[];
  readonly #weights: number;
  /** Gradients, then for each variable on how many ranks it has one, then the tail. */
  readonly #values: Float32Array;

  constructor(engine: Engine, together: Together, variables: readonly Variable[]) {
    this.#engine = engine;
    this.#together = together;
    this.#variables = variables;
    this.#weights = variables.reduce((sum, { size }) => sum + size, 0);
    this.#values = new Float32Array(this.#weights + variables.length + tail.length);
  }

  /** Σ share · gradient / Σ share, and the loss alike. */
  async of(part: Part | undefined): Promise<Whole> {
    const values = this.#values.fill(0);
    if (part !== undefined) await this.#write(part);
    const { stops, isLate } = this.#together.wishes();
    const end = values.length - tail.length;
    const { share = 0, samples = 0, loss = 0 } = part ?? {};
    values.set([share, share * loss, samples, Number(stops), Number(isLate)], end);
    const started = performance.now();
    await this.#together.group.sum(values);
    this.#together.spent += performance.now() - started;
    const [allShares, allLosses, allSamples, allStop, allLate] = values.subarray(end);
    this.#together.follow({ stops: allStop > 0, isLate: allLate > 0 });
    const gradients = this.#read(allShares > 0 ? 1 / allShares : 0);
    return {
      gradients,
      loss: allShares > 0 ? allLosses / allShares : allLosses,
      share: allShares,
      samples: allSamples,
      dispose: () => this.#engine.dispose(gradients.filter((each): each is Tensor => each !== undefined)),
    };
  }

  async #write({ gradients, share }: Part): Promise<void> {
    const memory = hostMemory(this.#engine);
    // Asked for together, so that a device copies them one behind the other.
    const read = await Promise.all(
      gradients.map(async (each) =>
        memory === undefined ? ((await each?.data()) as Float32Array) : undefined,
      ),
    );
    let at = 0;
    for (const [i, { size }] of this.#variables.entries()) {
      const gradient = gradients[i];
      const from = gradient && (read[i] ?? memory?.read(gradient));
      if (from !== undefined) {
        for (let k = 0; k < size; k++) this.#values[at + k] = from[k] * share;
        this.#values[this.#weights + i] = 1;
      }
      at += size;
    }
  }

  #read(scale: number): (Tensor | undefined)[] {
    let at = 0;
    return this.#variables.map(({ shape, size }, i) => {
      const from = at;
      at += size;
      if (this.#values[this.#weights + i] === 0) return undefined;
      const mean = this.#values.slice(from, at);
      for (let k = 0; k < size; k++) mean[k] *= scale;
      return this.#engine.tensor(mean, shape);
    });
  }
}
