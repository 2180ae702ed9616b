/** The source of a table's spec: what is read, as which fields, and where the target comes from. */
import type { TableSurvey } from "../survey/table-survey.js";
import type { Target } from "../survey/target.js";
import { noted } from "./commented.js";
import { wordsOf } from "./field-types.js";

/**
 * `columns` are the fields beside the target, by type. Files take the target among them, and say themselves that rows without it
 * are dropped; databases have an option for it, and a query that leaves such rows out. `more`: comments of the target.
 */
export function sourceOf(
  { use, options, without }: TableSurvey,
  { column, task, reasons }: Target,
  { path, columns, more }: { path: string; columns: object; more: readonly (string | undefined)[] },
): object {
  const isClass = task === "classification";
  const blanks = column.missing > 0;
  const notes = [
    ...reasons,
    blanks ? `${column.missing} rows have none, and are left out` : undefined,
    ...more,
  ];
  if (without !== undefined) {
    return {
      use,
      with: {
        path,
        ...(blanks ? without(column.name) : options),
        label: noted(column.name, ...notes),
        labelType: isClass ? "class" : "number",
        features: [],
        columns,
      },
    };
  }
  const label = {
    type: isClass ? "class" : "float32",
    from: column.name,
    ...(blanks && { missing: "drop", ...wordsOf(column) }),
  };
  return { use, with: { path, ...options, columns: { ...columns, label: noted(label, ...notes) } } };
}
