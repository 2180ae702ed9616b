/** A small network for tables: the vector of features, vectors of categories beside it, two layers, and the answer. */
import type { Target } from "../survey/target.js";
import { type FieldRole, hasVector, type TableFields } from "./table-transforms.js";

export interface TableModel {
  readonly layers: readonly object[];
  readonly input: string | readonly string[];
}

export function tableModel(fields: TableFields, { task }: Target, samples: number): TableModel {
  const embedded = fields.roles.filter(({ role }) => role === "embedding");
  const units = samples < 500 ? 16 : samples < 20_000 ? 64 : 128;
  const body = [
    { type: "dense", units, activation: "relu" },
    { type: "dropout", rate: 0.1 },
    { type: "dense", units, activation: "relu" },
    task === "classification"
      ? { type: "dense", units: { from: "labels.count" }, activation: "softmax" }
      : { type: "dense", units: 1 },
  ];
  if (embedded.length === 0) return { layers: body, input: "features" };
  const names = embedded.map((_, i) => `embedded${i + 1}`);
  const parts = [...(hasVector(fields) ? ["features"] : []), ...names];
  const joined = parts.length > 1 ? [{ type: "concatenate", inputs: parts }] : [];
  return {
    layers: [...embedded.map((role, i) => embedding(role, names[i])), ...joined, ...body],
    input: [...(hasVector(fields) ? ["features"] : []), ...embedded.map(({ field }) => field)],
  };
}

/** As wide as is usual: the fourth root would do, but a few more numbers cost little. */
function embedding({ field, column }: FieldRole, name: string): object {
  const outputDim = Math.min(32, Math.ceil(1.6 * column.counts.size ** 0.56));
  return {
    type: "embedding",
    inputDim: { from: `categories.${field}.count` },
    outputDim,
    inputs: field,
    name,
  };
}
