/** Where in the options of its model a layer stands: what is wrong with it can then be shown there. */
import { MillraceError } from "@millrace/core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Layer } from "./layer-tree.js";

export type SpecPath = readonly (string | number)[];

/** A layer as a spec states it, by its place and its type. */
export interface Place {
  readonly path: SpecPath;
  readonly type: string;
}

const places = new WeakMap<Layer, Place>();

export function setPlace(layer: Layer, place: Place): void {
  places.set(layer, place);
}

/** Undefined where no options state the layer. */
export function placeOf(layer: Layer): Place | undefined {
  return places.get(layer);
}

/** The path from a spec's root to an argument of the layer that gives the model's output, as near as it is known. */
export function outputPath({ outputs }: LayersModel, argument: string): SpecPath {
  const place = placeOf(outputs[0].sourceLayer);
  return ["model", "with", ...(place === undefined ? [] : [...place.path, argument])];
}

export interface LayerFaultInit {
  /** The argument that is wrong, or the way to it. */
  readonly at?: SpecPath;
  readonly hint?: string;
  readonly cause?: unknown;
}

/** MODEL_INVALID that names the layer, such as `layers[2] dense`, and the path to what is wrong with it. */
export function layerFault(
  { path, type }: Place,
  message: string,
  { at = [], hint, cause }: LayerFaultInit = {},
): MillraceError {
  const where = [placeText({ path, type })];
  return new MillraceError("MODEL_INVALID", message, { where, path: [...path, ...at], hint, cause });
}

/** Such as `layers[2] dense`. */
export function placeText({ path, type }: Place): string {
  return `${pathText(path)} ${type}`;
}

function pathText(path: SpecPath): string {
  return path.map((key, i) => (typeof key === "number" ? `[${key}]` : `${i > 0 ? "." : ""}${key}`)).join("");
}
