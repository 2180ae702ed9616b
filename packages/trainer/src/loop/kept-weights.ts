/** Weights that must keep a form: one of their own, or that of what was saved. */
import { MillraceError, type NdArray } from "@millrace/core";
import type { Tensor, Variable } from "@tensorflow/tfjs-core";
import type { ReadyModel } from "../models/ready.js";
import type { Arrays } from "./learned.js";

type Weights = ReadyModel["model"]["trainableWeights"];

/** The weights that must keep a form, such as being positive: optimizers do not know of it. */
export function* constrained(weights: Weights) {
  for (const weight of weights) {
    const own = (weight as unknown as { constraint?: { apply(value: Tensor): Tensor } | null }).constraint;
    if (own === null || own === undefined) continue;
    yield { constraint: (value: Tensor) => own.apply(value), read: () => weight.read() as Variable };
  }
}

export function sameShape(arrays: Readonly<Arrays>, name: string, { shape }: Variable): NdArray {
  const saved = arrays[name];
  if (saved === undefined) throw mismatch(`${name}: was absent, is [${shape.join(", ")}]`);
  if (String(saved.shape) === String(shape)) return saved;
  throw mismatch(`${name}: was [${saved.shape.join(", ")}], is [${shape.join(", ")}]`);
}

export function mismatch(detail: string): MillraceError {
  return new MillraceError("STATE_MISMATCH", "the checkpoint belongs to another model or optimizer:", {
    details: [detail],
    hint: "Resume with the model and optimizer it was written with, or start a new run.",
  });
}
