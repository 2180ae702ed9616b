/** Makes initial weights a function of the run's seed: every initializer without a seed gets one by address. */
import type { Engine } from "../engine.js";
import { seedAt } from "../seed.js";
import { type Layer, layersWithin } from "./layer-tree.js";

/** The part of tfjs' initializers that matters here; only random ones have `seed`. */
interface RandomInitializer {
  seed: number | undefined;
  apply: unknown;
  getClassName: unknown;
}

/**
 * Call before the layer is built. `position` is the layer's place in the model; a seed that the layer's arguments state
 * stays. A seed of 0 counts as none, as it does in tfjs.
 */
export function seedInitialWeights(engine: Engine, layer: Layer, seed: number, position: number): void {
  for (const [inner, path] of layersWithin(engine, layer, String(position))) {
    for (const [key, value] of Object.entries(inner)) {
      if (isRandomInitializer(value)) value.seed ||= seedAt(seed, "weights", path, key);
    }
  }
}

function isRandomInitializer(value: unknown): value is RandomInitializer {
  return (
    typeof value === "object" &&
    value !== null &&
    "seed" in value &&
    typeof (value as Partial<RandomInitializer>).apply === "function" &&
    typeof (value as Partial<RandomInitializer>).getClassName === "function"
  );
}
