/** Mean squared error (torch's MSELoss). */
import { checkFinite, uploadFloat } from "../loop/upload.js";
import type { Loss, TargetPlace } from "./loss.js";
import { checkTargetShape } from "./targets.js";

/** (output − target)², with outputs and targets of one shape; one output for each sample takes targets [samples] too. */
export const meanSquaredError: Loss = {
  name: "meanSquaredError",
  upload(engine, target, place) {
    const shape = targetShape(place, target.shape);
    checkTargetShape(target, shape, place, "Give the last layer as many units as the target has numbers.");
    checkFinite(target, "target", place.indices);
    return uploadFloat(engine, target);
  },
  mean: (engine, { tensor }, target) =>
    engine.mean(engine.square(engine.sub(tensor, engine.reshape(target, tensor.shape)))),
  decide: (engine, { tensor }) => ({ predicted: engine.reshape(tensor, [tensor.shape[0]]) }),
};

/** The model's output shape, or [] where both the model and the data have one number for each sample. */
export function targetShape(
  { outputShape }: TargetPlace,
  given: readonly number[],
): readonly (number | null)[] {
  const single = outputShape.length === 1 && outputShape[0] === 1;
  return single && given.length === 1 ? [] : outputShape;
}
