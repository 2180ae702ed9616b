/** The table of a model's layers, for reports. */
import type { LayerForm } from "@millrace/core/spec";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Layer } from "../models/layer-tree.js";
import { placeOf } from "../models/spec-path.js";

export interface ModelSummary {
  readonly summary: string;
  readonly parameters: number;
}

/** One line for each layer: its name, its class, the shape of its output for one sample, its parameters. */
export function summarize(model: LayersModel): ModelSummary {
  const rows = model.layers.map((layer) => [
    layer.name,
    layer.getClassName(),
    shapeText(layer.outputShape as (number | null)[]),
    String(layer.countParams()),
  ]);
  const table = [["layer", "class", "output", "parameters"], ...rows];
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => (column === 3 ? cell.padStart(widths[column]) : cell.padEnd(widths[column])))
      .join("  "),
  );
  return { summary: lines.join("\n"), parameters: model.countParams() };
}

/** The same as data. */
export function layerForms({ layers }: LayersModel): LayerForm[] {
  return layers.map((layer) => {
    const place = placeOf(layer);
    return {
      name: layer.name,
      type: place?.type ?? layer.getClassName(),
      shape: outputShape(layer),
      parameters: layer.countParams(),
      trainable: layer.trainableWeights.reduce((sum, { shape }) => sum + size(shape), 0),
      ...(place && { path: ["model", "with", ...place.path] }),
    };
  });
}

function outputShape({ outputShape: shape }: Layer): (number | null)[] {
  const own = Array.isArray(shape[0]) ? shape[0] : shape;
  return (own as (number | null)[]).slice(1);
}

function size(shape: readonly (number | null)[]): number {
  return shape.reduce<number>((product, extent) => product * (extent ?? 1), 1);
}

function shapeText(shape: readonly (number | null)[]): string {
  return `[${shape.slice(1).join(", ")}]`;
}
