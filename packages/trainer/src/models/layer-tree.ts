/** Finds the layers inside of layers: cells of recurrent layers, wrapped layers, models in models. */
import type { layers } from "@tensorflow/tfjs-layers";
import type { Engine } from "../engine.js";

export type Layer = layers.Layer;

/** A layer with the properties that tfjs keeps private; which ones it has depends on its class. */
export type OpenLayer = Layer & Record<string, unknown>;

/** The layer and all layers inside of it, each once and with its path, such as `2.cell`. */
export function* layersWithin(
  engine: Engine,
  layer: Layer,
  path: string,
  seen = new Set<Layer>(),
): Generator<[OpenLayer, string]> {
  if (seen.has(layer)) return;
  seen.add(layer);
  const open = layer as OpenLayer;
  yield [open, path];
  for (const [key, value] of Object.entries(open)) {
    const children: unknown[] = Array.isArray(value) ? value : [value];
    for (const [i, child] of children.entries()) {
      if (!(child instanceof engine.layers.Layer)) continue;
      yield* layersWithin(engine, child, `${path}.${key}${Array.isArray(value) ? `.${i}` : ""}`, seen);
    }
  }
}

/** Frees what layers hold, also those that were left half built, which tfjs itself refuses to dispose of. */
export function disposeWeights(engine: Engine, layers: readonly Layer[]): void {
  const inner = layers.flatMap((layer) => [...layersWithin(engine, layer, "")]);
  for (const weight of new Set(inner.flatMap(([layer]) => layer.weights))) weight.dispose();
}
