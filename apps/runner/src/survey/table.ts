/** Looks at a table, whatever it is stored in. */
import { extname } from "node:path";
import { MillraceError } from "@millrace/core";
import { surveyCsv } from "./csv.js";
import { surveyDatabase } from "./database.js";
import { surveyJsonLines } from "./json-lines.js";
import { surveyStored } from "./stored.js";
import type { TableAsked, TableSurvey } from "./table-survey.js";

const surveys: Readonly<Record<string, (path: string, asked: TableAsked) => Promise<TableSurvey>>> = {
  ".csv": surveyCsv,
  ".tsv": surveyCsv,
  ".tab": surveyCsv,
  ".jsonl": surveyJsonLines,
  ".ndjson": surveyJsonLines,
  ".parquet": surveyStored,
  ".arrow": surveyStored,
  ".feather": surveyStored,
  ".db": surveyDatabase,
  ".sqlite": surveyDatabase,
  ".sqlite3": surveyDatabase,
  ".duckdb": surveyDatabase,
  ".ddb": surveyDatabase,
};

export const tableEndings: readonly string[] = Object.keys(surveys);

/** @throws MillraceError INPUT_INVALID for a file that is no table, and whatever its source finds wrong with it. */
export async function surveyTable(path: string, asked: TableAsked): Promise<TableSurvey> {
  const survey = surveys[extname(path).toLowerCase()];
  if (survey === undefined) {
    throw new MillraceError("INPUT_INVALID", `--from must be a file that a source reads, was ${path}`, {
      hint: `Known by their endings: ${tableEndings.join(", ")}; or name a folder of images or texts.`,
    });
  }
  if ((asked.table ?? asked.query) !== undefined && survey !== surveyDatabase) {
    throw new MillraceError("OPTION_INVALID", `--table and --query are for databases, and ${path} is none`, {
      hint: "Leave them out.",
    });
  }
  return survey(path, asked);
}
