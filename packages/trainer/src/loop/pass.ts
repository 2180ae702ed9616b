/** One pass over a split: its batches as examples on the device, one after the other, and what they come to. */
import { setImmediate } from "node:timers/promises";
import { type Batch, MillraceError } from "@millrace/core";
import type { FitResult } from "@millrace/core/spec";
import type { Tensor, Tensor1D } from "@tensorflow/tfjs-core";
import { type Columns, columnsOf } from "../feeding/columns.js";
import type { Feed } from "../feeding/feed.js";
import { Staging } from "../feeding/staging.js";
import type { Together } from "../group/together.js";
import type { Gallery } from "../measuring/gallery.js";
import { Tallies, type TalliesState } from "../measuring/tallies.js";
import { metrics } from "../metrics/metrics.js";
import type { Example } from "../models/ready.js";
import type { TrainerOptions } from "../options.js";
import type { BuiltModel } from "./session.js";

export type EndOfTraining = NonNullable<FitResult["endedBy"]>;

export interface PassParts {
  readonly built: BuiltModel;
  /** The batches of the pass; it is closed at the end. */
  readonly feed: Feed;
  readonly epoch: number;
  readonly options: TrainerOptions;
  /** Fills with samples as they pass, if given. */
  readonly gallery?: Gallery;
  /** The first batch of the pass, from 0. */
  readonly start?: number;
  /** What an earlier run measured in this epoch. */
  readonly from?: TalliesState | undefined;
  /** Called when a batch has been taken and the one after it has not been asked for. */
  readonly taken?: ((step: number) => void) | undefined;
  /** The processes that share each batch. */
  readonly together?: Together;
}

export interface PassResult {
  readonly tallies: Tallies;
  /** The batch that would have come next. */
  readonly next: number;
  readonly seconds: number;
  readonly samplesPerSecond: number;
  /** Share of the time, 0 to 1, in which the step waited for data. */
  readonly dataWait: number;
  /** Share of the time, 0 to 1, in which batches were copied to the device. */
  readonly upload: number;
}

/** A batch that is on the device, and no longer in the loader's memory. */
export interface Taken {
  readonly batch: Pick<Batch, "epoch" | "step" | "indices">;
  /** Only the form of its arrays, as the loader fills them again; absent where this process has no part of the batch. */
  readonly columns?: Columns;
  readonly example?: Example;
}

export class Pass {
  readonly tallies: Tallies;
  readonly #parts: PassParts;
  readonly #staging: Staging;
  readonly #before: number;
  readonly #started = performance.now();
  #next: number;

  constructor(parts: PassParts) {
    const { built, options, from, start = 0 } = parts;
    this.#parts = parts;
    this.#staging = new Staging(built.parts, options);
    this.tallies = new Tallies(built.parts.metrics, from);
    this.#before = this.tallies.samples;
    this.#next = start;
  }

  /**
   * Every batch in turn, given back to the loader as soon as it is on the device; its tensors are freed when the next
   * one is asked for. `weighs` is whether samples may count differently; `look` sees the arrays while they are there.
   */
  async *examples(weighs: boolean, look?: (batch: Batch, columns: Columns) => void): AsyncGenerator<Taken> {
    const { feed, built, options, gallery, taken } = this.#parts;
    const { engine } = built.parts;
    try {
      for (;;) {
        const batch = await feed.next(taken);
        if (batch === undefined) return;
        this.#next = batch.step + 1;
        if (batch.empty) {
          batch.release();
          yield { batch };
          continue;
        }
        const tensors: Tensor[] = [];
        try {
          const columns = columnsOf(batch, options);
          const named = this.#numbered(batch, columns);
          gallery?.offer(named, columns);
          look?.(named, columns);
          const example = this.#example(batch, columns, named.indices.length, weighs, tensors);
          batch.release();
          yield { batch, columns, example };
        } catch (error) {
          throw inStep(error, batch);
        } finally {
          batch.release();
          engine.dispose(tensors);
        }
        // Lets messages of workers and Ctrl-C in: neither the steps nor ready batches ever leave the microtask queue.
        await setImmediate();
      }
    } finally {
      this.#staging.close();
      await feed.close();
    }
  }

  /** Steps in which others may have samples left, when this process has no more. */
  *others(): Generator<Taken> {
    const { epoch, together } = this.#parts;
    if (together === undefined || together.isAlone) return;
    for (; !together.signal.aborted; this.#next++) yield { batch: { epoch, step: this.#next, indices: [] } };
  }

  /** Samples of a stream have no index: those of a pass are numbered as they come. */
  #numbered(batch: Batch, { samples }: Columns): Batch {
    if (batch.indices.length > 0) return batch;
    const indices = Array.from({ length: samples }, (_, i) => this.tallies.samples + i);
    return { ...batch, indices };
  }

  /** Copies the next batch to the device while that works on this one. */
  ahead(): void {
    void this.#staging.ahead(this.#parts.feed);
  }

  /** How fast the pass has been so far. */
  speed(): { samplesPerSecond: number; dataWait: number; upload: number } {
    const elapsed = this.#elapsed();
    // Others have about as many.
    const ranks = this.#parts.together?.group.size ?? 1;
    const samplesPerSecond = ((this.tallies.samples - this.#before) * ranks * 1000) / elapsed;
    const upload = this.#staging.spent / elapsed;
    return { samplesPerSecond, dataWait: this.#parts.feed.waited / elapsed, upload };
  }

  result(): PassResult {
    const elapsed = this.#elapsed();
    const { tallies } = this;
    return { tallies, next: this.#next, seconds: elapsed / 1000, ...this.speed() };
  }

  #elapsed(): number {
    return Math.max(performance.now() - this.#started, 1e-3);
  }

  #example(batch: Batch, columns: Columns, samples: number, weighs: boolean, tensors: Tensor[]): Example {
    const { parts, weighing } = this.#parts.built;
    const { target: answers } = columns;
    const { each: weights, share, byLabel } = weighing.weigh(batch, answers, weighs);
    const { inputs, target } = this.#staging.take(batch, columns);
    tensors.push(...inputs, target);
    const isRead = parts.metrics.some((name) => metrics[name].reads !== "loss");
    const truth = isRead ? answers.data.slice() : [];
    if (weights === undefined) return { inputs, target, samples, share, truth };
    const upload = (values: number[] | Float32Array): Tensor1D => {
      const tensor = parts.engine.tensor1d(values);
      tensors.push(tensor);
      return tensor;
    };
    const dealt = byLabel && { labels: upload([...byLabel.labels]), answers: upload(byLabel.answers) };
    return {
      inputs,
      target,
      samples,
      share,
      truth,
      weights: upload(weights),
      ...(dealt && { byLabel: dealt }),
    };
  }
}

/** The error with its place in the pass. */
export function inStep(error: unknown, { step, epoch }: Pick<Batch, "step" | "epoch">): MillraceError {
  const where = [`step ${step}`, `epoch ${epoch}`];
  return MillraceError.from(error, "MODEL_INVALID", "the model cannot take this batch", { where });
}
