/** JSON Lines: a sample is a line, its fields are taken from an object by type and policy. */
import { type Dataset, defineSource, LoggerService } from "@millrace/core";
import { z } from "zod";
import type { JsonSample } from "../json/dataset.js";
import { jsonInputs } from "../json/inputs.js";
import { type JsonFormat, openJson } from "../json/open.js";
import { jsonShape } from "../json/options.js";
import { pathsOption } from "../lines/options.js";
import { lineScanner } from "../lines/scan-lines.js";

const options = z.strictObject({
  path: pathsOption("JSON Lines"),
  ...jsonShape,
  maxLineBytes: z
    .int()
    .positive()
    .default(2 ** 24)
    .describe("most bytes of one line; a longer one is refused when the file is opened"),
});

export default defineSource({
  name: "json-lines",
  summary: "lines of JSON Lines files as fields with types",
  options,
  needs: { logger: LoggerService },
  create: (settings, context): Promise<Dataset<JsonSample>> =>
    openJson(formatOf(settings), settings, context),
  inputs: (settings, { facts }) => jsonInputs(formatOf(settings), settings, [".gz"], facts),
});

function formatOf({ maxLineBytes }: z.output<typeof options>): JsonFormat {
  return {
    mostBytes: maxLineBytes,
    scan: (name, onRecord) => lineScanner(name, { skipBlank: true, maxLineBytes }, onRecord),
    cut(bytes) {
      const end = bytes.indexOf(10);
      return end === -1 ? bytes : bytes.subarray(0, end);
    },
    keyOf: (name, _, line) => `${name}:${line}`,
  };
}
