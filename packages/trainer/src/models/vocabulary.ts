/** Whether ids are within the table that a layer looks them up in: devices read whatever lies behind its last row. */
import { type DatasetFacts, MillraceError, vocabulariesOf } from "@millrace/core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { rowName } from "../tensors.js";
import type { OpenLayer } from "./layer-tree.js";
import type { InputColumn, ReadyModel } from "./ready.js";
import { placeOf } from "./spec-path.js";

/** A layer that looks ids up, and which of the model's inputs it takes for them, by its place among them. */
interface Lookup {
  readonly layer: OpenLayer;
  readonly input: number;
  readonly rows: number;
  /** The argument that says how many rows there are, and what the layer is called. */
  readonly argument: "inputDim" | "maxLength";
  readonly name: string;
}

type Parts = Pick<ReadyModel, "model" | "inputs">;

const lookups = new WeakMap<LayersModel, readonly Lookup[]>();

/** The layers that look up an input of the model itself. */
function lookupsOf(parts: Parts): readonly Lookup[] {
  const known = lookups.get(parts.model);
  if (known !== undefined) return known;
  const found = (parts.model.layers as OpenLayer[]).flatMap((layer) => {
    const kind = layer.getClassName();
    if (kind === "Embedding") {
      const rows = layer.inputDim as number;
      return takenBy(layer, 0, parts).map(
        (input): Lookup => ({ layer, input, rows, argument: "inputDim", name: "an embedding" }),
      );
    }
    const rows = layer.maxLength as number | undefined;
    if (kind !== "MillracePositionEmbedding" || rows === undefined) return [];
    return takenBy(layer, 1, parts).map(
      (input): Lookup => ({ layer, input, rows, argument: "maxLength", name: "a positionEmbedding" }),
    );
  });
  lookups.set(parts.model, found);
  return found;
}

/** The model's inputs that a layer takes for its own input at `place`. */
function takenBy(layer: OpenLayer, place: number, { inputs }: Parts): number[] {
  const sources = layer.inboundNodes
    .flatMap(({ inputTensors }) => inputTensors.slice(place, place + 1))
    .map(({ sourceLayer }) => sourceLayer)
    .filter((source) => source.getClassName() === "InputLayer");
  const found = sources.map((source) => inputs.findIndex(({ sourceLayer }) => sourceLayer === source));
  return [...new Set(found)].filter((input) => input >= 0);
}

/** Raises TRAINING_INPUT, naming sample and field, for an id that a layer has no row for. */
export function checkTokens(parts: Parts, inputs: readonly InputColumn[], indices: readonly number[]): void {
  for (const { layer, input, rows, argument, name } of lookupsOf(parts)) {
    const { array, name: field } = inputs[input];
    const { data } = array;
    const at = data.findIndex((id: number) => !(Number.isInteger(id) && id >= 0 && id < rows));
    if (at < 0) continue;
    throw new MillraceError(
      "TRAINING_INPUT",
      `${name} with ${argument} ${rows} takes whole numbers from 0 to ${rows - 1}, was ${data[at]} in "${field}"`,
      {
        hint: `Give it ${argument === "inputDim" ? "an inputDim" : "a maxLength"} that is larger than every id, padding included.`,
        where: [rowName(array, at, indices)],
        ...pathOf(layer, argument),
      },
    );
  }
}

/** Embeddings that have fewer rows than the vocabulary of the field that they take has ids. */
export function vocabularyFaults(
  parts: Parts,
  inputs: readonly InputColumn[],
  facts: DatasetFacts,
): MillraceError[] {
  const vocabularies = vocabulariesOf(facts);
  return lookupsOf(parts).flatMap(({ layer, input, rows, argument }) => {
    const { name } = inputs[input];
    const size = argument === "inputDim" ? vocabularies[name]?.size : undefined;
    if (size === undefined || size <= rows) return [];
    const fact = name === "tokens" ? "vocabulary.size" : `vocabularies.${name}.size`;
    return [
      new MillraceError(
        "MODEL_INVALID",
        `an embedding must have a row for each of the ${size} ids of "${name}", had ${rows}`,
        { hint: `Set "inputDim": {"from": "${fact}"}.`, ...pathOf(layer, argument) },
      ),
    ];
  });
}

function pathOf(layer: OpenLayer, argument: string): { readonly path?: readonly (string | number)[] } {
  const place = placeOf(layer);
  return place === undefined ? {} : { path: ["model", "with", ...place.path, argument] };
}
