/** The table of a model's layers, for reports. */
import type { LayersModel } from "@tensorflow/tfjs-layers";

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

function shapeText(shape: readonly (number | null)[]): string {
  return `[${shape.slice(1).join(", ")}]`;
}
