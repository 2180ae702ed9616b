/** The spec of a table: columns become numbers, numbers become a vector, and a small network tells the target. */
import type { ColumnRole } from "../survey/roles.js";
import type { TableSurvey } from "../survey/table-survey.js";
import type { Baseline, Target } from "../survey/target.js";
import { noted } from "./commented.js";
import { fieldNames } from "./field-names.js";
import { columnsOf } from "./field-types.js";
import { batchSizeOf, epochsOf, splitNote, splitOf } from "./plan.js";
import { sourceOf } from "./source-part.js";
import { tableModel } from "./table-model.js";
import { type TableFields, tableTransforms } from "./table-transforms.js";

export interface TableParts {
  readonly survey: TableSurvey;
  readonly target: Target;
  readonly roles: readonly ColumnRole[];
  readonly baseline: Baseline;
  /** Relative to the spec. */
  readonly path: string;
}

/** The spec, with notes. */
export function tableSpec({ survey, target, roles, baseline, path }: TableParts): object {
  const used = roles.filter(({ role }) => role !== "left-out" && role !== "text");
  const names = fieldNames(used.map(({ column }) => column.name));
  const fields: TableFields = {
    roles: used.map((each, i) => ({ ...each, field: names[i] })),
    isPlain:
      survey.use !== "json-lines" &&
      target.column.missing === 0 &&
      used.every(({ role, column }) => role === "number" && column.missing === 0),
    standardizeLabel: target.task === "regression",
  };
  const samples = target.column.rows - target.column.missing;
  const isClasses = target.task === "classification";
  const batchSize = batchSizeOf(samples);
  const { layers, input } = tableModel(fields, target, samples);
  return {
    seed: 7,
    source: noted(readOf(fields, { survey, target, roles, path }), ...survey.found),
    split: noted(
      { ...splitOf(samples), ...(isClasses && { stratifyBy: "label" }) },
      splitNote(samples, isClasses),
    ),
    transforms: tableTransforms(fields),
    loader: { batchSize, shuffle: true },
    model: { use: "layers", with: { layers } },
    trainer: {
      use: "tfjs",
      with: {
        input,
        epochs: epochsOf(samples, batchSize, 4000, 60),
        ...(isClasses
          ? { metrics: noted(metricsOf(target), `to beat: ${baseline.text}`) }
          : {
              loss: "meanSquaredError",
              metrics: noted(["meanAbsoluteError", "rSquared"], `to beat: ${baseline.text}`),
            }),
        optimizer: { type: "adam", learningRate: 0.003 },
        earlyStopping: noted(
          { monitor: "loss", patience: 10 },
          "ends when ten epochs have brought nothing; the best one's model is kept",
        ),
        saveModel: "best",
      },
    },
  };
}

/** Where one class is much rarer than another, accuracy alone would say little. */
function metricsOf({ column: { counts } }: Target): string[] {
  const sizes = [...counts.values()];
  return Math.max(...sizes) > 3 * Math.min(...sizes)
    ? ["accuracy", "f1", "confusionMatrix"]
    : ["accuracy", "confusionMatrix"];
}

/** What of the table is read. */
function readOf(fields: TableFields, { survey, target, roles, path }: Omit<TableParts, "baseline">): object {
  const out = leftOut(roles);
  if (!fields.isPlain)
    return sourceOf(survey, target, { path, columns: columnsOf(fields.roles), more: [out] });
  const features = fields.roles.map(({ column }) => column.name);
  const label = noted(target.column.name, ...target.reasons, out);
  const labelType = target.task === "classification" ? "class" : "number";
  return { use: survey.use, with: { path, ...survey.options, features, label, labelType } };
}

function leftOut(roles: readonly ColumnRole[]): string | undefined {
  const out = roles.filter(({ role }) => role === "left-out" || role === "text");
  if (out.length === 0) return undefined;
  return `left out: ${out.map(({ column, reason }) => `"${column.name}" (${reason})`).join("; ")}`;
}
