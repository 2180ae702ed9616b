/** The unit of a target that transforms have changed: metrics and predictions are led back to it, the loss is not. */
import type { Inverse } from "@millrace/core";
import type { Inverses } from "@millrace/core/spec";
import { type LossName, numberLosses } from "../losses/losses.js";

export interface TargetUnit {
  /** What the source calls the target. */
  readonly field: string;
  /** Numbers that the model gives, or targets, row-major, in the source's unit. */
  restore(values: ArrayLike<number>): Float64Array;
}

/** Undefined where nothing is to be led back: labels have no unit. */
export function targetUnitOf(
  { loss, target = "label" }: { readonly loss: LossName; readonly target?: string | undefined },
  inverses: Inverses | undefined,
): TargetUnit | undefined {
  const inverse = numberLosses.includes(loss) ? inverses?.(target) : undefined;
  if (inverse === undefined || isIdentity(inverse)) return undefined;
  return { field: inverse.field, restore: (values) => inverse.apply(values) };
}

/** The distance of float32 numbers from 1 on, which those that a model gives are at least as far from the truth. */
const epsilon = 2 ** -23;

/** What `values`, as the model gives them, can tell apart in the source's unit. */
export function resolutionOf(unit: TargetUnit, values: ArrayLike<number>): Float64Array {
  const next = Float64Array.from(values, (value) => value + epsilon * Math.max(1, Math.abs(value)));
  const here = unit.restore(values);
  return unit.restore(next).map((value, i) => Math.abs(value - here[i]));
}

/** One of each number of a sample: `value · scale + offset`. */
export interface Affine {
  readonly scale: readonly number[];
  readonly offset: readonly number[];
}

const probes = [-1000, -3, -0.25, 0.5, 2, 7, 1000];

/** The way back of `size` numbers, if it is a scale and an offset for each. */
export function affineOf({ restore }: Pick<TargetUnit, "restore">, size: number): Affine | undefined {
  const all = (value: number): number[] => Array.from(restore(new Float64Array(size).fill(value)));
  const offset = all(0);
  const scale = all(1).map((value, i) => value - offset[i]);
  const fits = probes.every((probe) =>
    all(probe).every((value, i) => {
      const expected = probe * scale[i] + offset[i];
      const magnitude = Math.abs(probe * scale[i]) + Math.abs(offset[i]);
      return Math.abs(value - expected) <= 1e-9 * magnitude;
    }),
  );
  return fits ? { scale, offset } : undefined;
}

/** As that of a field which was only renamed. */
function isIdentity(inverse: Inverse): boolean {
  const given = [...probes, 0];
  return inverse.apply(given).every((value, i) => value === given[i]);
}
