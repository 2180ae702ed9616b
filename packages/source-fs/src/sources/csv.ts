/** Tables in CSV files: columns of numbers as features, others as fields of their own, one as the label. */
import { type Dataset, defineSource, LoggerService } from "@millrace/core";
import { type CsvSample, openCsv } from "../csv/dataset.js";
import { csvInputs } from "../csv/inputs.js";
import { csvOptions, fieldsOf } from "../csv/options.js";

export default defineSource({
  name: "csv",
  summary: "rows of a CSV file as features, label and fields with types",
  options: csvOptions,
  needs: { logger: LoggerService },
  create: (settings, context): Promise<Dataset<CsvSample>> => openCsv(settings, context),
  inputs: (settings, { facts }) => csvInputs(settings, fieldsOf(settings), facts),
});
