/** Freezes layers of a model by name: training leaves them as they are. */
import { didYouMean, MillraceError } from "@millrace/core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Engine } from "../engine.js";
import { type Layer, layersWithin } from "./layer-tree.js";

/** `*` in a pattern stands for anything. @throws MillraceError MODEL_INVALID for a pattern that no layer answers to. */
export function freeze(engine: Engine, model: LayersModel, patterns: readonly string[]): void {
  const layers = model.layers.flatMap((layer) =>
    [...layersWithin(engine, layer, "")].map(([inner]) => inner),
  );
  for (const pattern of patterns) {
    const matches = matcher(pattern);
    const found = layers.filter(({ name }) => matches(name));
    if (found.length === 0) throw unknown(pattern, layers);
    for (const layer of found) layer.trainable = false;
  }
}

function matcher(pattern: string): (name: string) => boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  const expression = new RegExp(`^${parts.join(".*")}$`);
  return (name) => expression.test(name);
}

function unknown(pattern: string, layers: readonly Layer[]): MillraceError {
  const names = [...new Set(layers.map(({ name }) => name))];
  return new MillraceError(
    "MODEL_INVALID",
    `freeze must name layers of the model, but none is called "${pattern}"${didYouMean(pattern, names)}`,
    { hint: `Its layers are ${names.join(", ")}; * stands for anything.` },
  );
}
