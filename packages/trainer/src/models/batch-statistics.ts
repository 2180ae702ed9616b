/** Batch normalization needs several values for each of its numbers: of one alone nothing is left. */
import type { MillraceError } from "@millrace/core";
import type { Engine } from "../engine.js";
import { layersWithin } from "./layer-tree.js";
import { layerFault, placeOf } from "./spec-path.js";
import type { ReadyModel } from "./ready.js";

/** What torch raises too: while training, each number less its own mean is 0. For batches of one sample. */
export function* statisticsFaults(
  engine: Engine,
  { model }: Pick<ReadyModel, "model">,
): Generator<MillraceError> {
  for (const [layer] of model.layers.flatMap((each) => [...layersWithin(engine, each, "")])) {
    if (layer.getClassName() !== "BatchNormalization" || !layer.trainable) continue;
    const input = [layer.input].flat()[0] as { readonly shape: readonly unknown[] };
    if (input.shape.length > 2) continue;
    yield layerFault(
      placeOf(layer) ?? { path: [], type: "batchNormalization" },
      "needs batches of several samples while training, but the first has one",
      { hint: "Raise loader.batchSize; of several processes each needs two samples or more." },
    ).within("model", "with");
  }
}
