/** One step of several processes: the mean of their gradients, by what each part of the batch counts. */
import type { Tensor, Variable } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Engine } from "../engine.js";
import { codeModelClass } from "../models/code-model.js";
import { hostMemory } from "../optimizers/host-memory.js";
import type { Gradients } from "../optimizers/updater.js";
import { Buckets, overlaps } from "./buckets.js";
import { GradientWatch } from "./gradient-watch.js";
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

/**
 * What a part counts of which no answer does: nothing beside any other, but where all are so, what regularizers add is not lost.
 * Far from what float32 takes for 0.
 */
const least = 1e-20;

/** Numbers behind the gradients: what travels with them costs no message of its own. */
const tail = ["share", "loss", "samples", "stops", "late"] as const;

/**
 * Adds up gradients in one call of all ranks; a rank without samples joins with zeros. Where hosts are apart and there are many
 * weights, in pieces, which are on their way while the backward pass goes on.
 */
export class GradientSum {
  readonly #engine: Engine;
  readonly #together: Together;
  readonly #variables: readonly Variable[];
  /** Where each variable's gradient begins, and the end of the last. */
  readonly #starts: readonly number[];
  /** Gradients, then for each variable on how many ranks it has one, then the tail. */
  readonly #values: Float32Array;
  readonly #buckets: Buckets | undefined;
  readonly #watch: GradientWatch | undefined;
  #share = 0;

  constructor(engine: Engine, together: Together, model: LayersModel) {
    const variables = model.trainableWeights.map((weight) => weight.read() as Variable);
    this.#engine = engine;
    this.#together = together;
    this.#variables = variables;
    const starts = [0];
    for (const [i, { size }] of variables.entries()) starts.push(starts[i] + size);
    this.#starts = starts;
    const weights = starts[variables.length];
    this.#values = new Float32Array(weights + variables.length + tail.length);
    const isInCode = model.layers.some((layer) => layer.getClassName() === codeModelClass);
    // A device that computes by itself would have to be waited for in the midst of its work.
    if (hostMemory(engine) === undefined || isInCode || !overlaps(together, weights)) return;
    this.#buckets = new Buckets(
      together,
      this.#values,
      variables.map(({ size }) => size),
    );
    this.#watch = new GradientWatch(engine, model.trainableWeights, (weight, part, isWhole) => {
      this.#add(weight, part, this.#share);
      if (isWhole) this.#buckets?.whole(weight);
    });
  }

  /** A step begins, in which this process's part counts `share`: runs the forward pass. */
  readonly watched = <T>(share: number, forward: () => T): T => {
    if (this.#watch === undefined) return forward();
    this.#begin(Math.max(share, least));
    return this.#watch.during(forward);
  };

  /** Σ share · gradient / Σ share, and the loss alike. */
  async of(part: Part | undefined): Promise<Whole> {
    const { samples = 0, loss = 0 } = part ?? {};
    const share = part === undefined ? 0 : Math.max(part.share, least);
    if (part === undefined || this.#buckets === undefined) this.#begin(share);
    await this.#write(part && { ...part, share });
    const { stops, isLate } = this.#together.wishes();
    const values = this.#values;
    const end = values.length - tail.length;
    values.set([share, share * loss, samples, Number(stops), Number(isLate)], end);
    const started = performance.now();
    await this.#send();
    this.#together.spent += performance.now() - started;
    const [allShares, allLosses, allSamples, allStop, allLate] = values.subarray(end);
    this.#together.follow({ stops: allStop > 0, isLate: allLate > 0 });
    const gradients = this.#read(allShares > 0 ? 1 / allShares : 0);
    return {
      gradients,
      loss: allShares > 0 ? allLosses / allShares : allLosses,
      share: allShares < 1e3 * least ? 0 : allShares,
      samples: allSamples,
      dispose: () => this.#engine.dispose(gradients.filter((each): each is Tensor => each !== undefined)),
    };
  }

  close(): void {
    this.#watch?.close();
  }

  #begin(share: number): void {
    this.#share = share;
    this.#values.fill(0);
    this.#buckets?.begin();
  }

  async #send(): Promise<void> {
    const { group } = this.#together;
    if (this.#buckets === undefined) return group.sum(this.#values);
    for (const weight of this.#variables.keys())
      if (!this.#buckets.isWhole(weight)) this.#buckets.whole(weight);
    await Promise.all([group.sum(this.#values.subarray(this.#starts.at(-1))), this.#buckets.done()]);
  }

  /** What is not there yet, and of which weights there is anything. */
  async #write(part: Part | undefined): Promise<void> {
    if (part === undefined) return;
    const { gradients, share } = part;
    const isOnHost = hostMemory(this.#engine) !== undefined;
    // Asked for together, so that a device copies them one behind the other.
    const read = await Promise.all(
      gradients.map(async (each) => (isOnHost ? undefined : ((await each?.data()) as Float32Array))),
    );
    for (const [i, gradient] of gradients.entries()) {
      if (gradient === undefined) continue;
      this.#values[(this.#starts.at(-1) ?? 0) + i] = 1;
      if (this.#buckets?.isWhole(i) === true) continue;
      this.#values.fill(0, this.#starts[i], this.#starts[i + 1]);
      this.#add(i, gradient, share, read[i]);
    }
  }

  #add(weight: number, gradient: Tensor, share: number, read?: Float32Array): void {
    const from = read ?? hostMemory(this.#engine)?.read(gradient) ?? new Float32Array();
    const values = this.#values;
    const start = this.#starts[weight];
    for (let k = 0; k < from.length; k++) values[start + k] += from[k] * share;
  }

  #read(scale: number): (Tensor | undefined)[] {
    const [starts, values] = [this.#starts, this.#values];
    return this.#variables.map(({ shape }, i) => {
      if (values[starts[this.#variables.length] + i] === 0) return undefined;
      const mean = values.slice(starts[i], starts[i + 1]);
      for (let k = 0; k < mean.length; k++) mean[k] *= scale;
      return this.#engine.tensor(mean, shape);
    });
  }
}
