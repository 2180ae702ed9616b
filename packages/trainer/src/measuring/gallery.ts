/** Keeps a few samples of a split, some at random and those with the highest loss, and asks the trained model about them. */
import { arrayConstructors, type Batch, type NdArray, sampleName } from "@millrace/core";
import type { Prediction } from "@millrace/core/spec";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Engine } from "../engine.js";
import { losses } from "../losses/losses.js";
import { seedAt } from "../seed.js";
import type { Columns } from "../feeding/columns.js";
import { type InputColumn, perRow, type ReadyModel } from "../models/ready.js";
import { type Entry, Top } from "./top.js";
import { upload } from "../tensors.js";

interface Kept extends Pick<Prediction, "position" | "target"> {
  readonly inputs: readonly InputColumn[];
  /** The target as the loss takes it. */
  readonly truth: NdArray;
}

/** A batch's arrays, copied out of its slot. */
export type Held = Pick<Columns, "inputs" | "target"> & { readonly indices: readonly number[] };

/** What a gallery holds, as plain data. */
export interface HeldSamples {
  readonly random: readonly Entry<Kept>[];
  readonly worst: readonly Entry<Kept>[];
}

export interface GalleryLimits {
  readonly random: number;
  readonly worst: number;
}

/** Collects samples while passes go over the split; memory is that of so many samples and of one batch. */
export class Gallery {
  readonly #random: Top<Kept>;
  readonly #limits: GalleryLimits;
  readonly #ignored: number | undefined;
  #worst: Top<Kept>;
  #fresh: Top<Kept>;
  #isUsed = false;

  /** Samples whose target is `ignored` are none to be shown. */
  constructor(ignored: number | undefined, limits: GalleryLimits = { random: 60, worst: 24 }) {
    this.#limits = limits;
    this.#ignored = ignored;
    this.#random = new Top(limits.random);
    this.#worst = new Top(limits.worst);
    this.#fresh = new Top(limits.worst);
  }

  /** Call once for each batch, before it is released: every sample of the split is as likely to stay as any other. */
  offer({ indices }: Batch, columns: Columns): void {
    this.#isUsed = true;
    if (indices.length !== columns.samples) return;
    for (const [row, index] of indices.entries()) {
      this.#random.offer(seedAt("gallery", index), index, () => this.#kept({ ...columns, indices }, row));
    }
  }

  /** A pass begins that will tell losses: the worst samples are those of the last whole pass. */
  begin(): void {
    this.#fresh = new Top(this.#limits.worst);
  }

  /** The same batch again, once its losses are known; `each` is one number for each sample. */
  judge(held: Held, each: ArrayLike<number>): void {
    if (held.indices.length !== each.length) return;
    for (const [row, index] of held.indices.entries()) {
      this.#fresh.offer(each[row], index, () => this.#kept(held, row));
    }
  }

  end(): void {
    this.#worst = this.#fresh;
  }

  /** What it holds: plain data, for another process. */
  held(): HeldSamples {
    return { random: this.#random.entries(), worst: this.#worst.entries() };
  }

  /** Takes in what galleries of other processes hold. */
  join(all: readonly HeldSamples[]): void {
    for (const { random, worst } of all) {
      for (const { score, key, value } of random) this.#random.offer(score, key, () => value);
      for (const { score, key, value } of worst) this.#worst.offer(score, key, () => value);
    }
  }

  /** Whether it has seen no batch. */
  get isUnused(): boolean {
    return !this.#isUsed;
  }

  #kept(held: Held, row: number): Kept | undefined {
    const kept = keptOf(held, row);
    return kept?.target === this.#ignored ? undefined : kept;
  }

  /**
   * What the model says of the random samples, by index; none where it gives more than one answer for a sample. `dataset`
   * is what the batches' indices count in.
   */
  async predictions(parts: ReadyModel, dataset: unknown): Promise<Prediction[]> {
    const made = await ask(parts, this.#random.values(), dataset);
    return made.sort((a, b) => a.index - b.index);
  }

  /** The same of those with the highest loss, the highest first. */
  async worst(parts: ReadyModel, dataset: unknown): Promise<Prediction[]> {
    const made = await ask(parts, this.#worst.values(), dataset);
    return made.sort((a, b) => (b.loss ?? 0) - (a.loss ?? 0));
  }
}

/** The batch's arrays, to be judged after it was released. */
export function holdOf({ indices }: Batch, { inputs, target }: Columns): Held {
  const copied = ({ dtype, shape, data }: NdArray): NdArray => ({ dtype, shape, data: data.slice() });
  return { indices, inputs: each(inputs, copied), target: copied(target) };
}

function keptOf({ inputs, target, indices }: Held, row: number): Kept | undefined {
  const truth = rowOf(target, row);
  const answer = singleTarget(truth);
  if (answer === undefined) return undefined;
  const own = each(inputs, (array) => rowOf(array, row));
  return { position: indices[row], inputs: own, target: answer, truth };
}

function each(inputs: readonly InputColumn[], change: (array: NdArray) => NdArray): InputColumn[] {
  return inputs.map(({ name, array }) => ({ name, array: change(array) }));
}

function rowOf({ dtype, shape, data }: NdArray, row: number): NdArray {
  const size = data.length / shape[0];
  // slice copies into ordinary memory, so that the batch's slot can be filled again.
  return { dtype, shape: shape.slice(1), data: data.slice(row * size, (row + 1) * size) };
}

/** The number itself; for one-hot and mixed labels, the label with the largest share. */
function singleTarget({ shape, data }: NdArray): number | undefined {
  if (data.length === 1) return data[0];
  return shape.length === 1 ? data.indexOf(Math.max(...data)) : undefined;
}

/** In groups of one shape, as they must stand in one batch. */
async function ask(parts: ReadyModel, kept: readonly Kept[], dataset: unknown): Promise<Prediction[]> {
  const groups = new Map<string, Kept[]>();
  for (const sample of kept) {
    const key = sample.inputs.map(({ array }) => array.shape.join()).join(";");
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  const made: Prediction[] = [];
  for (const group of groups.values()) made.push(...(await predict(parts, group, dataset)));
  return made;
}

async function predict(parts: ReadyModel, group: readonly Kept[], dataset: unknown): Promise<Prediction[]> {
  const { engine } = parts;
  const loss = losses[parts.loss];
  const made = engine.tidy((): Tensor[] => {
    const outputs = parts.forward.run(stacksOf(engine, group), false);
    const { tensor } = outputs;
    const isSingle = loss.activation === "softmax" || tensor.shape[1] === 1;
    if (tensor.rank !== 2 || !isSingle) return [];
    const target = loss.upload(engine, stacked(group), {
      indices: group.map(({ position }) => position),
      outputShape: tensor.shape.slice(1),
    });
    const own = parts.ownLoss?.(tensor, target) ?? loss.each(engine, outputs, target, parts.smoothing);
    const { predicted, confidence } = loss.decide(engine, outputs);
    return [predicted, perRow(engine, own), ...(confidence ? [confidence] : [])];
  });
  try {
    const [predicted, lossOf, confidence] = await Promise.all(made.map((tensor) => tensor.data()));
    if (predicted === undefined) return [];
    const inUnit = (values: ArrayLike<number>) => parts.unit?.restore(values) ?? values;
    const targets = inUnit(group.map(({ target }) => target));
    const said = inUnit(predicted);
    return group.map(({ position, inputs }, i) => ({
      ...sampleName(dataset, position),
      position,
      input: inputs[0].array,
      ...(inputs.length > 1 && { inputs: inputs.map(({ name, array }) => ({ name, ...array })) }),
      target: targets[i],
      predicted: said[i],
      loss: lossOf[i],
      ...(confidence && { confidence: confidence[i] }),
    }));
  } finally {
    engine.dispose(made);
  }
}

/** One for each input. */
function stacksOf(engine: Engine, group: readonly Kept[]): Tensor[] {
  return group[0].inputs.map((_, i) =>
    engine.stack(group.map(({ inputs }) => upload(engine, inputs[i].array))),
  );
}

/** The targets of a group as one array. */
function stacked(group: readonly Kept[]): NdArray {
  const [{ truth }] = group;
  const size = truth.data.length;
  const data = new arrayConstructors[truth.dtype](size * group.length);
  for (const [i, sample] of group.entries()) data.set(sample.truth.data, i * size);
  return { dtype: truth.dtype, shape: [group.length, ...truth.shape], data };
}
