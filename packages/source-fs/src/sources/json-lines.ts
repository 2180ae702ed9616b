/** JSON Lines: a sample is a line, its fields are taken from an object by type and policy. */
import { type Dataset, defineSource, LoggerService } from "@millrace/core";
import { z } from "zod";
import type { RecordSample } from "../records/dataset.js";
import { jsonInputs } from "../json/inputs.js";
import { jsonLines, usualLineBytes } from "../json/lines-format.js";
import { openJson } from "../json/open.js";
import { jsonShape } from "../json/options.js";
import { pathsOption } from "../lines/options.js";

const options = z.strictObject({
  path: pathsOption("JSON Lines"),
  ...jsonShape,
  maxLineBytes: z
    .int()
    .positive()
    .default(usualLineBytes)
    .describe("most bytes of one line; a longer one is refused when the file is opened"),
});

export default defineSource({
  name: "json-lines",
  summary: "lines of JSON Lines files as fields with types",
  options,
  needs: { logger: LoggerService },
  create: (settings, context): Promise<Dataset<RecordSample>> =>
    openJson(jsonLines(settings.maxLineBytes), settings, context),
  inputs: (settings, { facts }) => jsonInputs(jsonLines(settings.maxLineBytes), settings, [".gz"], facts),
});
