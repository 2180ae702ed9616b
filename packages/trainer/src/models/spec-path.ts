/** Where in the options of its model a layer stands: what is wrong with it can then be shown there. */
import type { Layer } from "./layer-tree.js";

export type SpecPath = readonly (string | number)[];

const paths = new WeakMap<Layer, SpecPath>();

export function setPath(layer: Layer, path: SpecPath): void {
  paths.set(layer, path);
}

/** Such as `["layers", 2]`; undefined where no options state the layer. */
export function pathOf(layer: Layer): SpecPath | undefined {
  return paths.get(layer);
}
