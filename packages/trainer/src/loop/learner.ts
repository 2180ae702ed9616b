/** Everything that training changes: weights, what the optimizer and the schedule remember, and the counts of both. */
import type { Tensor, Variable } from "@tensorflow/tfjs-core";
import type { TrainerOptions } from "../options.js";
import { hostMemory } from "../optimizers/host-memory.js";
import { ruleOf } from "../optimizers/optimizers.js";
import type { Gradients, NamedArrays, Updater } from "../optimizers/updater.js";
import { createUpdater } from "../optimizers/create-updater.js";
import { createSchedule } from "../schedules/schedules.js";
import type { Schedule, TrainingProgress } from "../schedules/schedule.js";
import type { Noise } from "../models/noise.js";
import type { Example, ReadyModel } from "../models/ready.js";
import { GradientSum, type Part, type Whole } from "../group/gradients.js";
import { Together } from "../group/together.js";
import { constrained, mismatch, sameShape } from "./kept-weights.js";
import type { Arrays, LearnerState, Learnt, Spent } from "./learned.js";
import { forwardAndBackward, type Learned, measuredOf } from "./step.js";

export class Learner {
  readonly #parts: ReadyModel;
  readonly #options: TrainerOptions;
  readonly #noise: Noise;
  readonly #updater: Updater;
  readonly #total: number;
  readonly #waits: boolean;
  readonly #together: Together;
  readonly #sum: GradientSum | undefined;
  readonly schedule: Schedule;
  /** Milliseconds of this thread; on a device that computes by itself its work shows in `results`, which wait for it. */
  readonly spent: Spent = { forward: 0, backward: 0, update: 0, results: 0 };
  updates = 0;
  batches = 0;

  /** `batchesPerEpoch` is what schedules count with, where it is known: `lengthFaults` has refused those that need it. */
  constructor(
    parts: ReadyModel,
    options: TrainerOptions,
    noise: Noise,
    batchesPerEpoch = Number.POSITIVE_INFINITY,
    together = new Together(),
  ) {
    const { epochs, maxSteps = Number.POSITIVE_INFINITY, accumulate } = options;
    const perEpoch = Math.ceil(batchesPerEpoch / accumulate);
    this.#parts = parts;
    this.#options = options;
    this.#noise = noise;
    this.#total = Math.min(maxSteps, epochs * perEpoch);
    this.#waits = hostMemory(parts.engine) === undefined;
    this.schedule = createSchedule(options.schedule, perEpoch);
    this.#together = together;
    const variables = parts.model.trainableWeights.map((weight) => weight.read() as Variable);
    this.#sum = together.isAlone ? undefined : new GradientSum(parts.engine, together, parts.model);
    this.#updater = createUpdater({
      engine: parts.engine,
      variables,
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

  /** Learns from one batch, or from a part of it that may be none; the weights change with every `accumulate`th. */
  async learn(example: Example | undefined, epoch: number): Promise<Learnt> {
    this.#noise.atStep(this.batches);
    const made = example && forwardAndBackward(this.#parts, example, this.#sum?.watched);
    let whole: Whole | undefined;
    const { spent } = this;
    spent.forward += made?.spent.forward ?? 0;
    spent.backward += made?.spent.backward ?? 0;
    try {
      whole = await this.#sum?.of(made && example && (await partOf(made, example)));
      if (this.#sum !== undefined) spent.allreduce = this.#together.spent;
      // All have passed over what was in this batch.
      if (whole?.samples === 0) return { loss: 0, samples: 0 };
      const computed = performance.now();
      const { gradients, share } = whole ?? { ...made, ...example };
      // Where the loss is known without waiting for the device, it has to be finite before a weight changes.
      const isFinite = () => Number.isFinite(whole?.loss ?? made?.total.dataSync()[0]);
      if (
        gradients !== undefined &&
        share !== undefined &&
        ((this.#waits && whole === undefined) || isFinite())
      ) {
        this.#update(gradients, share, epoch);
      }
      this.batches++;
      const updated = performance.now();
      spent.update += updated - computed;
      const own = made && example && (await measuredOf(this.#parts, example, made));
      spent.results += performance.now() - updated;
      return {
        loss: whole?.loss ?? own?.loss ?? 0,
        samples: whole?.samples ?? own?.outcome.samples ?? 0,
        own,
      };
    } finally {
      whole?.dispose();
      made?.dispose();
    }
  }

  /** Gives every rank the weights of rank 0, and what its optimizer remembers. */
  async share(): Promise<void> {
    if (this.#together.isAlone) return;
    const { state, arrays } = await this.#together.shareTensors(async () => ({
      state: this.state(),
      arrays: await this.save(),
    }));
    if (!this.#together.isFirst) await this.restore(state as LearnerState, arrays);
  }

  /** Moving averages of batches are those of this rank's shares; before they are used or kept they become those of all. */
  async averageStatistics(): Promise<void> {
    if (this.#together.isAlone) return;
    const { engine, model } = this.#parts;
    const moving = model.weights.filter(({ originalName }) => /moving_(mean|variance)$/.test(originalName));
    await this.#together.average(
      engine,
      moving.map((weight) => weight.read() as Variable),
    );
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
      // What waits here for an update is given up.
      if (own[name] === undefined && !name.startsWith("gradient/")) throw mismatch(`${name}: was absent`);
    }
    this.#updater.restore(own, state.parts, state.share);
    this.updates = state.updates;
    this.batches = state.batches;
    if (state.schedule !== null) this.schedule.restore?.(state.schedule);
  }

  close(): void {
    this.#sum?.close();
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

async function partOf({ gradients, total }: Learned, { share, samples }: Example): Promise<Part> {
  const [loss] = await total.data();
  return { gradients, loss, share, samples };
}
