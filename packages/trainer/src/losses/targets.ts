/** Checks that several losses share. */
import { MillraceError, type NdArray } from "@millrace/core";
import type { TargetPlace } from "./loss.js";

/** Raises TRAINING_TARGET unless the target has, for each sample, the shape that `expected` gives; null fits any. */
export function checkTargetShape(
  target: NdArray,
  expected: readonly (number | null)[],
  { outputShape }: TargetPlace,
  hint: string,
): void {
  const given = target.shape.slice(1);
  const fits =
    given.length === expected.length && expected.every((extent, i) => extent === null || extent === given[i]);
  if (fits) return;
  throw new MillraceError(
    "TRAINING_TARGET",
    `the model's output of shape [${outputShape.join(", ")}] needs a target of shape ` +
      `[${expected.join(", ")}] for each sample, was [${given.join(", ")}]`,
    { hint },
  );
}

/** The model's output shape, or [] where both the model and the data have one number for each sample. */
export function targetShape(
  { outputShape }: TargetPlace,
  given: readonly number[],
): readonly (number | null)[] {
  const single = outputShape.length === 1 && outputShape[0] === 1;
  return single && given.length === 1 ? [] : outputShape;
}
