/** A table whose texts tell a class: mails, reviews, messages. */
import { MillraceError } from "@millrace/core";
import type { ColumnRole } from "../survey/roles.js";
import type { ProjectPlan } from "./plan.js";
import { sourceOf } from "./source-part.js";
import type { TableParts } from "./table-plan.js";
import { textSpec } from "./text-plan.js";

/** `text`: the column that is read. @throws MillraceError OPTION_INVALID where a number is to be told. */
export function textTablePlan(
  { survey, target, roles, baseline, path }: TableParts,
  text: ColumnRole,
  shared: Pick<ProjectPlan, "found" | "baseline" | "packages">,
): ProjectPlan {
  if (target.task !== "classification") {
    throw new MillraceError(
      "OPTION_INVALID",
      `of texts a class can be told, but "${target.column.name}" is a number`,
      {
        hint: "Name another --target, or --task classification.",
      },
    );
  }
  const { name, missing, words } = text.column;
  const others = roles.filter((each) => each !== text).map(({ column }) => `"${column.name}"`);
  const out = others.length === 0 ? [] : [`the text "${name}" is read; left out: ${others.join(", ")}`];
  const columns = { text: { type: "text", from: name, ...(missing > 0 && { missing: { fill: "" } }) } };
  const spec = textSpec({
    source: sourceOf(survey, target, { path, columns, more: out }),
    others: [],
    samples: target.column.rows - target.column.missing,
    baseline: baseline.text,
    words,
    notes: survey.found,
  });
  const [first] = text.column.counts.keys();
  const example = first
    .replace(/["`$\\!\r\n]/g, " ")
    .slice(0, 80)
    .trim();
  return {
    spec,
    decisions: [...target.reasons, ...out],
    files: {},
    question: `--text "${example}"`,
    ...shared,
  };
}
