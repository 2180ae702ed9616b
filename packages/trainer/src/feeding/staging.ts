/** Copies batches to the device: the next one while the device works on the present one, where it works by itself. */
import type { Batch } from "@millrace/core";
import type { DataId, Tensor } from "@tensorflow/tfjs-core";
import type { Engine } from "../engine.js";
import { losses } from "../losses/losses.js";
import { hostMemory } from "../optimizers/host-memory.js";
import { type ColumnNames, type Columns, columnsOf } from "./columns.js";
import type { Feed } from "./feed.js";
import { checkInputShapes, type InputColumn, type ReadyModel } from "../models/ready.js";
import { checkTokens } from "../models/vocabulary.js";
import { checkFinite, upload } from "../tensors.js";

/** A batch on the device; whoever takes it disposes of it. */
export interface Uploaded {
  readonly inputs: readonly Tensor[];
  readonly target: Tensor;
}

/** A backend that copies to its device when a tensor is first used, unless it is told to. */
interface LazyBackend {
  uploadToGPU?(dataId: DataId): void;
}

export class Staging {
  readonly #parts: ReadyModel;
  readonly #names: ColumnNames;
  readonly #overlaps: boolean;
  #next: { readonly batch: Batch; readonly uploaded: Uploaded } | undefined;
  #isClosed = false;
  #spent = 0;

  /** `overlaps` is whether the device computes beside this thread; what the backend says if not given. */
  constructor(parts: ReadyModel, names: ColumnNames, overlaps = hostMemory(parts.engine) === undefined) {
    this.#parts = parts;
    this.#names = names;
    this.#overlaps = overlaps;
  }

  /** Milliseconds of this thread that copying has taken. */
  get spent(): number {
    return this.#spent;
  }

  /** The batch on the device. @throws MillraceError TRAINING_INPUT or TRAINING_TARGET. */
  take(batch: Batch, columns: Columns): Uploaded {
    const staged = this.#next;
    if (staged?.batch !== batch) return this.#copy(batch, columns);
    this.#next = undefined;
    return staged.uploaded;
  }

  /** Copies the feed's next batch when it is there. Call when a step has been handed to the device. */
  async ahead(feed: Feed): Promise<void> {
    if (!this.#overlaps) return;
    try {
      const batch = await feed.peek();
      if (batch === undefined || this.#isClosed || this.#next !== undefined) return;
      const uploaded = this.#copy(batch, columnsOf(batch, this.#names));
      this.#next = { batch, uploaded };
      const backend = this.#parts.engine.backend() as LazyBackend;
      for (const { dataId } of [...uploaded.inputs, uploaded.target]) backend.uploadToGPU?.(dataId);
    } catch {
      // Whatever is wrong with the batch is raised, with its place, when its turn has come.
    }
  }

  /** Frees what was copied for nothing. */
  close(): void {
    this.#isClosed = true;
    if (this.#next !== undefined) dispose(this.#parts.engine, this.#next.uploaded);
    this.#next = undefined;
  }

  #copy(batch: Batch, columns: Columns): Uploaded {
    const started = performance.now();
    const uploaded = copy(this.#parts, batch, columns);
    this.#spent += performance.now() - started;
    return uploaded;
  }
}

function copy(parts: ReadyModel, { indices }: Batch, { inputs, target }: Columns): Uploaded {
  const { engine, ignored, model, loss } = parts;
  checkInputs(parts, inputs, indices);
  const outputShape = model.outputs[0].shape.slice(1);
  const uploaded = losses[loss].upload(engine, target, { indices, outputShape, ignored });
  return { target: uploaded, inputs: inputs.map(({ array }) => upload(engine, array)) };
}

/** Raises TRAINING_INPUT for shapes, numbers and tokens that the model cannot take. */
export function checkInputs(
  parts: ReadyModel,
  inputs: readonly InputColumn[],
  indices: readonly number[],
): void {
  checkInputShapes(parts, inputs);
  for (const { name, array } of inputs) {
    checkFinite(array, inputs.length === 1 ? "input" : `input "${name}"`, indices);
  }
  checkTokens(parts, inputs, indices);
}

function dispose(engine: Engine, { inputs, target }: Uploaded): void {
  engine.dispose([...inputs, target]);
}
