/** Everything that training changes: weights, what the optimizer and the schedule remember, and the counts of both. */
import { MillraceError, type NdArray } from "@millrace/core";
import type { Tensor, Variable } from "@tensorflow/tfjs-core";
import type { TrainerOptions } from "../options.js";
import { hostMemory } from "../optimizers/host-memory.js";
import { type OptimizerOptions, ruleOf } from "../optimizers/optimizers.js";
import type { Gradients, NamedArrays, Updater } from "../optimizers/updater.js";
import { createUpdater } from "../optimizers/create-updater.js";
import { createSchedule } from "../schedules/schedules.js";
import type { Schedule, TrainingProgress } from "../schedules/schedule.js";
import type { Noise } from "../models/noise.js";
import type { Measured } from "../measuring/tallies.js";
import type { Example, ReadyModel } from "../models/ready.js";
import { forwardAndBackward, measuredOf } from "./step.js";

/** As JSON. */
export interface LearnerState {
  readonly optimizer: OptimizerOptions["type"];
  readonly updates: number;
  /** Batches learned from, which is also the address of noise. */
  readonly batches: number;
  readonly parts: number;
  readonly share: number;
  readonly schedule: unknown;
}

export type Arrays = Record<string, NdArray>;

export class Learner {
  readonly #parts: ReadyModel;
  readonly #options: TrainerOptions;
  readonly #noise: Noise;
  readonly #updater: Updater;
  readonly #total: number;
  readonly #waits: boolean;
  readonly schedule: Schedule;
  /** Milliseconds of this thread; on a device that computes by itself its work shows in `results`, which wait for it. */
  readonly spent = { forward: 0, backward: 0, update: 0, results: 0 };
  updates = 0;
  batches = 0;

  /** `batchesPerEpoch` is what schedules count with, where it is known: `lengthFaults` has refused those that need it. */
  constructor(
    parts: ReadyModel,
    options: TrainerOptions,
    noise: Noise,
    batchesPerEpoch = Number.POSITIVE_INFINITY,
  ) {
    const { epochs, maxSteps = Number.POSITIVE_INFINITY, accumulate } = options;
    const perEpoch = Math.ceil(batchesPerEpoch / accumulate);
    this.#parts = parts;
    this.#options = options;
    this.#noise = noise;
    this.#total = Math.min(maxSteps, epochs * perEpoch);
    this.#waits = hostMemory(parts.engine) === undefined;
    this.schedule = createSchedule(options.schedule, perEpoch);
    this.#updater = createUpdater({
      engine: parts.engine,
      variables: parts.model.trainableWeights.map((weight) => weight.read() as Variable),
      rule: ruleOf(options.optimizer),
      clip: options.clip,
      averaged: options.averageWeights !== undefined,
      accumulates: options.accumulate > 1,
    });
  }

  /** The learning rate of the next update. */
  rate(epoch: number): number {
    const progress: TrainingProgress = { update: this.updates, total: this.#total, epoch };
    return this.#options.optimizer.learningRate * this.schedule.factor(progress);
  }

  /** Learns from one batch; the weights change with every `accumulate`th. */
  async learn(example: Example, epoch: number): Promise<Measured> {
    this.#noise.atStep(this.batches);
    const { spent } = this;
    const made = forwardAndBackward(this.#parts, example);
    spent.forward += made.spent.forward;
    spent.backward += made.spent.backward;
    const computed = performance.now();
    try {
      // Where the loss is known without waiting for the device, it has to be finite before a weight changes.
      if (this.#waits || Number.isFinite(made.total.dataSync()[0])) {
        this.#update(made.gradients, example.share, epoch);
      }
      this.batches++;
      const updated = performance.now();
      spent.update += updated - computed;
      const measured = await measuredOf(this.#parts, example, made);
      spent.results += performance.now() - updated;
      return measured;
    } finally {
      made.dispose();
    }
  }

  /** Makes the update for which the epoch had too few batches. */
  flush(epoch: number): void {
    if (this.#updater.parts === 0) return;
    this.#updater.update({ learningRate: this.rate(epoch), update: this.updates + 1 });
    this.#afterUpdate();
  }

  /** Runs `act` with the averaged weights in place, if there are any. */
  async withAverages<T>(act: () => Promise<T>): Promise<T> {
    this.#updater.exchange();
    try {
      return await act();
    } finally {
      this.#updater.exchange();
    }
  }

  /** Leaves the averaged weights in place for good. */
  settle(): void {
    this.#updater.exchange();
  }

  /** The first weight that holds a number which is not finite, and that number. */
  async broken(): Promise<{ readonly name: string; readonly value: number } | undefined> {
    for (const weight of this.#parts.model.trainableWeights) {
      const values = await weight.read().data();
      const value = values.find((each: number) => !Number.isFinite(each));
      if (value !== undefined) return { name: weight.originalName, value };
    }
    return undefined;
  }

  state(): LearnerState {
    const { parts, share } = this.#updater;
    const { updates, batches, schedule } = this;
    const { type } = this.#options.optimizer;
    return { optimizer: type, updates, batches, parts, share, schedule: schedule.state?.() ?? null };
  }

  async save(): Promise<Arrays> {
    const arrays: Arrays = {};
    for (const [name, variable] of this.#modelWeights()) {
      const dtype = variable.dtype === "int32" ? "int32" : "float32";
      arrays[name] = { dtype, shape: variable.shape, data: await variable.data() };
    }
    for (const [name, data] of Object.entries(await this.#updater.save())) {
      arrays[name] = { dtype: "float32", shape: [data.length], data };
    }
    return arrays;
  }

  /** Raises STATE_MISMATCH, naming what differs, unless `save` of an equal model and optimizer made the arrays. */
  async restore(state: LearnerState, arrays: Readonly<Arrays>): Promise<void> {
    const { type } = this.#options.optimizer;
    if (state.optimizer !== type) throw mismatch(`optimizer: was ${state.optimizer}, is ${type}`);
    const { engine } = this.#parts;
    for (const [name, variable] of this.#modelWeights()) {
      const { shape, data, dtype } = sameShape(arrays, name, variable);
      const value: Tensor = engine.tensor(data, [...shape], dtype === "int32" ? dtype : "float32");
      variable.assign(value);
      value.dispose();
    }
    const own: NamedArrays = {};
    const expected = await this.#updater.save();
    for (const [name, { data }] of Object.entries(arrays)) {
      if (!name.startsWith("model/")) own[name] = data as Float32Array;
    }
    for (const name of Object.keys(expected)) {
      if (own[name] === undefined) throw mismatch(`${name}: was absent`);
    }
    this.#updater.restore(own, state.parts, state.share);
    this.updates = state.updates;
    this.batches = state.batches;
    if (state.schedule !== null) this.schedule.restore?.(state.schedule);
  }

  close(): void {
    this.#updater.close();
  }

  #update(gradients: Gradients, share: number, epoch: number): void {
    const { accumulate } = this.#options;
    const moment = { learningRate: this.rate(epoch), update: this.updates + 1 };
    if (accumulate === 1) {
      this.#updater.updateWith(gradients, moment);
    } else {
      this.#updater.accumulate(gradients, share);
      if (this.#updater.parts < accumulate) return;
      this.#updater.update(moment);
    }
    this.#afterUpdate();
  }

  #afterUpdate(): void {
    this.updates++;
    const { engine, model } = this.#parts;
    for (const { constraint, read } of constrained(model.trainableWeights)) {
      engine.tidy(() => read().assign(constraint(read())));
    }
    const { averageWeights } = this.#options;
    if (averageWeights === undefined) return;
    // At the start the average follows fast, as TensorFlow's ExponentialMovingAverage does.
    this.#updater.average(Math.min(averageWeights.decay, (1 + this.updates) / (10 + this.updates)));
  }

  *#modelWeights(): Generator<[string, Variable]> {
    for (const [i, weight] of this.#parts.model.weights.entries()) {
      yield [`model/${i}/${weight.originalName}`, weight.read() as Variable];
    }
  }
}

type Weights = ReadyModel["model"]["trainableWeights"];

/** The weights that must keep a form, such as being positive: optimizers do not know of it. */
function* constrained(weights: Weights) {
  for (const weight of weights) {
    const own = (weight as unknown as { constraint?: { apply(value: Tensor): Tensor } | null }).constraint;
    if (own === null || own === undefined) continue;
    yield { constraint: (value: Tensor) => own.apply(value), read: () => weight.read() as Variable };
  }
}

function sameShape(arrays: Readonly<Arrays>, name: string, { shape }: Variable): NdArray {
  const saved = arrays[name];
  if (saved === undefined) throw mismatch(`${name}: was absent, is [${shape.join(", ")}]`);
  if (String(saved.shape) === String(shape)) return saved;
  throw mismatch(`${name}: was [${saved.shape.join(", ")}], is [${shape.join(", ")}]`);
}

function mismatch(detail: string): MillraceError {
  return new MillraceError("STATE_MISMATCH", "the checkpoint belongs to another model or optimizer:", {
    details: [detail],
    hint: "Resume with the model and optimizer it was written with, or start a new run.",
  });
}
