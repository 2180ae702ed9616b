/** From data to the plan of a project: looked at, decided, and said why. */
import { stat } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { fileFault, MillraceError } from "@millrace/core";
import { surveyFolder, type FolderSurvey } from "../survey/folder.js";
import { surveyImages } from "../survey/images.js";
import { rolesOf } from "../survey/roles.js";
import { surveyTable } from "../survey/table.js";
import type { TableSurvey } from "../survey/table-survey.js";
import { baselineOf } from "../survey/target.js";
import { type PlanAsked, targetOf } from "./asked.js";
import { folderPlan } from "./folder-plan.js";
import { manifestPlan } from "./manifest-plan.js";
import type { ProjectPlan } from "./plan.js";
import { csvText } from "./rows-text.js";
import { tableSpec } from "./table-plan.js";
import { textTablePlan } from "./text-table-plan.js";

/** `from` is a file or folder, `home` the project's folder, to which the spec's paths are relative. @throws MillraceError */
export async function planFrom(from: string, home: string, asked: PlanAsked): Promise<ProjectPlan> {
  const entry = await stat(from).catch((error: unknown) => {
    throw fileFault(error, from, "cannot be read");
  });
  const path = pathFrom(home, from);
  if (!entry.isDirectory()) return planOfTable(from, path, asked);
  const survey: FolderSurvey = await surveyFolder(from);
  if (survey.kind === "manifest") return manifestPlan(from, path, survey, asked);
  const unused = asked.target ?? asked.task ?? asked.table ?? asked.query;
  if (unused !== undefined) {
    throw new MillraceError(
      "OPTION_INVALID",
      "--target, --task, --table and --query are for tables, and this is a folder of classes",
      {
        hint: "Leave them out: the class of a file is the folder it is in.",
      },
    );
  }
  const images =
    survey.kind === "images" ? await surveyImages(from, [...survey.classes.values()].flat()) : undefined;
  return folderPlan(path, survey, images);
}

/** With "/" on every system, as specs have them. */
function pathFrom(home: string, from: string): string {
  return relative(resolve(home), resolve(from)).replaceAll("\\", "/") || ".";
}

async function planOfTable(from: string, path: string, asked: PlanAsked): Promise<ProjectPlan> {
  const survey = await surveyTable(from, asked);
  const target = await targetOf(survey, asked);
  const baseline = baselineOf(target);
  const roles = rolesOf(survey.columns, target.column, survey.keys);
  const used = roles.filter(({ role }) => role !== "left-out");
  if (used.length === 0) {
    throw new MillraceError(
      "TABLE_INVALID",
      `nothing is left from which "${target.column.name}" could be told`,
      {
        where: [from],
        details: roles.map(({ column, reason }) => `"${column.name}" ${reason}`),
        hint: "Name another --target.",
      },
    );
  }
  const rows = `${survey.rows.toLocaleString("en")} rows, ${survey.columns.length} columns`;
  const part =
    survey.looked < survey.rows ? `, of which ${survey.looked.toLocaleString("en")} were looked at` : "";
  const found = [`${survey.use}: ${rows}${part}`, ...survey.found];
  const shared = { found, baseline: baseline.text, packages: survey.packages ?? {} };
  const texts = used.filter(({ role }) => role === "text");
  if (texts.length > 0 && (texts.length === used.length || texts.length * 2 > used.length)) {
    return textTablePlan({ survey, target, roles, baseline, path }, texts[0], shared);
  }
  const out = roles.filter(({ role }) => role === "left-out" || role === "text");
  const names = used.filter(({ role }) => role !== "text").map(({ column }) => column.name);
  return {
    spec: tableSpec({ survey, target, roles, baseline, path }),
    decisions: [
      ...target.reasons,
      ...out.map(({ column, reason }) => `"${column.name}" is left out: ${reason}`),
    ],
    files: { "new.csv": exampleRows(survey, names) },
    question: "new.csv",
    ...shared,
  };
}

/** The first rows as they would be asked about, written as the run's source reads them. */
function exampleRows({ options, columns, examples }: TableSurvey, names: readonly string[]): string {
  const header = options.header !== false;
  const delimiter = (options.delimiter as string | undefined) ?? (options.decimal === "," ? ";" : ",");
  const form = { delimiter, header, quoted: options.quote !== null };
  const text = csvText(header ? names : columns.map(({ name }) => name), examples, form);
  // A mark says that these bytes are UTF-8, whatever those of the data are.
  return options.encoding === undefined ? text : `\u{FEFF}${text}`;
}
