/** Keeps the batch that broke a run, so that it can be looked at and run again. */
import { basename, join } from "node:path";
import { type Batch, encodeTensors, MillraceError, type NdArray, writeWhole } from "@millrace/core";
import type { Columns } from "../feeding/columns.js";
import type { Together } from "../group/together.js";
import type { Example } from "../models/ready.js";
import type { Learnt } from "./learned.js";
import type { Learner } from "./learner.js";
import type { Taken } from "./pass.js";

export const divergedHint =
  "Lower the learning rate (to a tenth, for a start), clip the gradients, and scale the inputs to around 0 to 1.";

/** The error of the first rank whose loss is not finite, on every rank. */
export async function divergedTogether(
  together: Together,
  runDir: string,
  { loss, own }: Learnt,
  { batch, columns, example }: Taken,
): Promise<MillraceError> {
  const losses = await together.gather(own?.loss ?? 0);
  const rank = Math.max(
    0,
    losses.findIndex((each) => !Number.isFinite(each)),
  );
  const isHere = rank === together.group.rank && columns !== undefined && example !== undefined;
  const error = isHere
    ? // The folder may be on another host.
      await divergedError(runDir, own?.loss ?? loss, batch, columns, example).catch((fault: unknown) => {
        if (together.isFirst) throw fault;
        return divergedAt(loss, batch);
      })
    : divergedAt(loss, batch);
  if (together.isAlone) return error;
  const shared = await together.broadcast(error.toJSON(), rank);
  return MillraceError.fromJSON(shared).at(`rank ${rank} of ${together.group.size}`);
}

/** Writes the batch to the run's folder as safetensors, and returns the error that names the file. */
export async function divergedError(
  runDir: string,
  loss: number,
  batch: Pick<Batch, "epoch" | "step" | "indices">,
  columns: Columns,
  example: Example,
): Promise<MillraceError> {
  const { epoch, step, indices } = batch;
  const path = join(runDir, `diverged-epoch-${epoch}-step-${step}.safetensors`);
  // The batch went back to the loader before the step; the device still has it.
  const arrays: Record<string, NdArray> = { target: await again(columns.target, example.target) };
  for (const [i, { name, array }] of columns.inputs.entries()) {
    const key = columns.inputs.length === 1 ? "input" : `input/${name}`;
    arrays[key] = await again(array, example.inputs[i]);
  }
  if (example.weights !== undefined) {
    const data = (await example.weights.data()) as Float32Array;
    arrays.weights = { dtype: "float32", shape: [data.length], data };
  }
  await writeWhole(path, encodeTensors({ state: { epoch, step, indices, loss: String(loss) }, arrays }));
  const head = indices.slice(0, 8).join(", ");
  const more = indices.length > 8 ? ", …" : "";
  return divergedAt(loss, batch, {
    hint: ` The batch is kept in ${basename(path)}.`,
    where: [`samples ${head}${more}`, path],
  });
}

function divergedAt(
  loss: number,
  { epoch, step }: Pick<Batch, "epoch" | "step">,
  { hint, where }: { readonly hint: string; readonly where: readonly string[] } = { hint: "", where: [] },
): MillraceError {
  return new MillraceError(
    "TRAINING_DIVERGED",
    `the loss must stay finite, was ${loss} in epoch ${epoch} at step ${step}`,
    { hint: `${divergedHint}${hint}`, where },
  );
}

async function again({ dtype, shape }: NdArray, tensor: Example["target"]): Promise<NdArray> {
  const values = await tensor.data();
  const kept = dtype === "float64" ? "float32" : dtype;
  if (kept === "float32") return { dtype: kept, shape, data: Float32Array.from(values) };
  if (kept === "uint8" || kept === "bool") return { dtype: kept, shape, data: Uint8Array.from(values) };
  return { dtype: "int32", shape, data: Int32Array.from(values) };
}

/** The loss of a batch shows what the updates before it did, but nothing shows what the last one did. */
export async function refuseBroken(learner: Learner, epoch: number): Promise<void> {
  const broken = await learner.broken();
  if (broken === undefined) return;
  throw divergedAfter(`the weights must stay finite, but ${broken.name} held ${broken.value}`, epoch);
}

export function divergedAfter(what: string, epoch: number): MillraceError {
  return new MillraceError("TRAINING_DIVERGED", `${what} after the updates of epoch ${epoch}`, {
    hint: divergedHint,
  });
}
