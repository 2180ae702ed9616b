/** What the losses between numbers share. */
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Engine } from "../engine.js";
import { checkFinite, uploadFloat } from "../tensors.js";
import type { Loss } from "./loss.js";
import { checkTargetShape, targetShape } from "./targets.js";

/** A loss of output − target, which have one shape; one output for each sample takes targets [samples] too. */
export function lossOfDifference(name: string, of: (engine: Engine, difference: Tensor) => Tensor): Loss {
  return {
    name,
    upload(engine, target, place) {
      const shape = targetShape(place, target.shape);
      checkTargetShape(target, shape, place, "Give the last layer as many units as the target has numbers.");
      checkFinite(target, "target", place.indices);
      return uploadFloat(engine, target);
    },
    each: (engine, { tensor }, target) =>
      of(engine, engine.sub(tensor, engine.reshape(target, tensor.shape))),
    decide: (engine, { tensor }) => ({ predicted: engine.reshape(tensor, [tensor.shape[0]]) }),
  };
}
