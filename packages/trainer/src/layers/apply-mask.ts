/** Says which steps of sequences are padding, by a second input. */
import type { Tensor } from "@tensorflow/tfjs-core";
import {
  type Core,
  type LayerArguments,
  type LayerClass,
  type Library,
  listOf,
  type Shape,
  shapesOf,
} from "./library.js";

/**
 * `applyMask` takes sequences [samples, steps, …] and a mask [samples, steps], and gives the sequences as they are. Behind it,
 * steps at which the mask is 0 are padding to whatever heeds masks: recurrent layers, global pooling over time, attention.
 * Numbers above 1 tell documents apart that share a row (`segmentIds`): attention stays within those of one number.
 */
export function applyMaskClass(core: Core, { layers }: Library): LayerClass {
  return class ApplyMask extends layers.Layer {
    static readonly className = "MillraceApplyMask";

    constructor(args: LayerArguments) {
      super(args ?? {});
      this.supportsMasking = true;
    }

    override computeOutputShape(shape: Shape | Shape[]): Shape {
      return shapesOf(shape)[0];
    }

    override call(inputs: Tensor | Tensor[]): Tensor {
      return core.clone(listOf(inputs)[0]);
    }

    override computeMask(inputs: Tensor | Tensor[]): Tensor {
      // The model disposes of masks when it has run, but not of what it was given.
      return core.clone(listOf(inputs)[1]);
    }
  };
}
