/** Whether token ids are within the embedding that takes them: devices read whatever lies behind its last row. */
import { MillraceError, type NdArray } from "@millrace/core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { OpenLayer } from "./layer-tree.js";
import { placeOf } from "./spec-path.js";

const embeddings = new WeakMap<LayersModel, readonly OpenLayer[]>();

/** The embeddings that take the model's input itself. */
function embeddingsOf(model: LayersModel): readonly OpenLayer[] {
  const known = embeddings.get(model);
  if (known !== undefined) return known;
  const found = (model.layers as OpenLayer[]).filter(
    (layer) =>
      layer.getClassName() === "Embedding" &&
      layer.inboundNodes.some(({ inputTensors }) =>
        inputTensors.some(({ sourceLayer }) => sourceLayer.getClassName() === "InputLayer"),
      ),
  );
  embeddings.set(model, found);
  return found;
}

/** Raises TRAINING_INPUT, naming the sample, for a token that an embedding has no row for. */
export function checkTokens(model: LayersModel, { data, shape }: NdArray, indices: readonly number[]): void {
  for (const layer of embeddingsOf(model)) {
    const rows = layer.inputDim as number;
    const at = data.findIndex((id: number) => !(Number.isInteger(id) && id >= 0 && id < rows));
    if (at < 0) continue;
    const place = placeOf(layer);
    throw new MillraceError(
      "TRAINING_INPUT",
      `an embedding with inputDim ${rows} takes whole numbers from 0 to ${rows - 1}, was ${data[at]}`,
      {
        hint: "Give it an inputDim that is larger than every token, padding included.",
        where: [`sample ${indices[Math.floor(at / (data.length / shape[0]))]}`],
        ...(place && { path: ["model", "with", ...place.path, "inputDim"] }),
      },
    );
  }
}
