/** JSON files of one list: a sample is an element, its fields are taken from an object by type and policy. */
import { type Dataset, defineSource, LoggerService } from "@millrace/core";
import { z } from "zod";
import type { RecordSample } from "../records/dataset.js";
import { jsonInputs } from "../json/inputs.js";
import { type JsonFormat, openJson } from "../json/open.js";
import { jsonRecord } from "../json/record.js";
import { jsonShape } from "../json/options.js";
import { elementScanner } from "../json/scan-elements.js";
import { pathsOption } from "../lines/options.js";

const options = z.strictObject({
  path: pathsOption("JSON"),
  at: z
    .string()
    .min(1)
    .optional()
    .describe(
      "the keys that lead to the list of samples, with dots between, such as data.items; by default the whole file is the list",
    ),
  ...jsonShape,
  maxRecordBytes: z
    .int()
    .positive()
    .default(2 ** 24)
    .describe("most bytes of one element of the list; a longer one is refused when the file is opened"),
});

export default defineSource({
  name: "json",
  summary: "elements of a list in JSON files as fields with types",
  options,
  needs: { logger: LoggerService },
  create: (settings, context): Promise<Dataset<RecordSample>> =>
    openJson(formatOf(settings), settings, context),
  inputs: (settings, { facts }) => jsonInputs(formatOf(settings), settings, [".json"], facts),
});

function formatOf({ at, maxRecordBytes }: z.output<typeof options>): JsonFormat {
  const rules = { at: at?.split(".") ?? [], maxRecordBytes };
  return {
    mostBytes: maxRecordBytes,
    scan: (name, onRecord) => elementScanner(name, rules, onRecord),
    cut: withoutComma,
    parse: jsonRecord,
    keyOf: (name, index) => `${name}#${index}`,
  };
}

/** Without what stands between an element and the next. */
function withoutComma(bytes: Buffer): Buffer {
  let end = bytes.length;
  let commas = 0;
  for (; end > 0; end--) {
    const byte = bytes[end - 1];
    if (byte === 0x2c && commas++ === 0) continue;
    if (byte !== 32 && byte !== 9 && byte !== 10 && byte !== 13) break;
  }
  return bytes.subarray(0, end);
}
