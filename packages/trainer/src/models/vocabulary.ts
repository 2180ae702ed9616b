/** Whether token ids are within the embedding that takes them: devices read whatever lies behind its last row. */
import { MillraceError } from "@millrace/core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { rowName } from "../tensors.js";
import type { OpenLayer } from "./layer-tree.js";
import type { InputColumn, ReadyModel } from "./ready.js";
import { placeOf } from "./spec-path.js";

/** An embedding, and which of the model's inputs it takes, by its place among them. */
type Taking = readonly [layer: OpenLayer, input: number];

const embeddings = new WeakMap<LayersModel, readonly Taking[]>();

/** The embeddings that take an input of the model itself. */
function embeddingsOf({ model, inputs }: Pick<ReadyModel, "model" | "inputs">): readonly Taking[] {
  const known = embeddings.get(model);
  if (known !== undefined) return known;
  const found = (model.layers as OpenLayer[])
    .filter((layer) => layer.getClassName() === "Embedding")
    .flatMap((layer) => {
      const sources = layer.inboundNodes
        .flatMap(({ inputTensors }) => inputTensors.map(({ sourceLayer }) => sourceLayer))
        .filter((source) => source.getClassName() === "InputLayer");
      const places = sources.map((source) => inputs.findIndex(({ sourceLayer }) => sourceLayer === source));
      return [...new Set(places)].filter((place) => place >= 0).map((place): Taking => [layer, place]);
    });
  embeddings.set(model, found);
  return found;
}

/** Raises TRAINING_INPUT, naming the sample, for a token that an embedding has no row for. */
export function checkTokens(
  parts: Pick<ReadyModel, "model" | "inputs">,
  inputs: readonly InputColumn[],
  indices: readonly number[],
): void {
  for (const [layer, input] of embeddingsOf(parts)) {
    const { array } = inputs[input];
    const { data } = array;
    const rows = layer.inputDim as number;
    const at = data.findIndex((id: number) => !(Number.isInteger(id) && id >= 0 && id < rows));
    if (at < 0) continue;
    const place = placeOf(layer);
    throw new MillraceError(
      "TRAINING_INPUT",
      `an embedding with inputDim ${rows} takes whole numbers from 0 to ${rows - 1}, was ${data[at]}`,
      {
        hint: "Give it an inputDim that is larger than every token, padding included.",
        where: [rowName(array, at, indices)],
        ...(place && { path: ["model", "with", ...place.path, "inputDim"] }),
      },
    );
  }
}
