/** Files of JSON, and values by name, as samples for a model that JSON has trained. */
import {
  type ColumnField,
  type DatasetFacts,
  type LooseFault,
  type LooseSample,
  MillraceError,
  readColumns,
  type SourceInputs,
} from "@millrace/core";
import { dirname } from "node:path";
import { typedInputs } from "../csv/typed-inputs.js";
import { indexRecords } from "../lines/record-index.js";
import type { JsonFormat, JsonSettings } from "./open.js";
import { fileRecords } from "../records/records.js";

/** The runner reads lines of JSON Lines itself; other files are read as in training. */
export function jsonInputs(
  format: JsonFormat,
  settings: JsonSettings,
  endings: readonly string[],
  facts: DatasetFacts,
): SourceInputs {
  const fields = readColumns(settings.columns ?? {}, { json: true });
  const typed = typedInputs({ ...settings, decimal: "." }, fields, facts);
  return {
    endings,
    about: { columns: aboutColumns(fields, facts), missing: settings.missing },
    async *read(path) {
      const files = [{ name: path, path }];
      const index = await indexRecords(files, "the input", settings.maxUnzippedBytes, ({ name }, onRecord) =>
        format.scan(name, onRecord),
      );
      const records = fileRecords(index, format);
      const folder = dirname(path);
      try {
        for (let at = 0; at < index.starts.length; at++) {
          const name = records.keyOf(at);
          yield attempt(name, () => {
            const [values] = records.read([at], ({ value }) => value);
            return typed.inValues(values as Readonly<Record<string, unknown>>, folder);
          });
        }
      } finally {
        records.close();
      }
    },
    fromValues: (values, folder) => typed.inValues(values, folder),
  };
}

function attempt(name: string, make: () => unknown): LooseSample | LooseFault {
  try {
    return { name, sample: make() };
  } catch (error) {
    if (error instanceof MillraceError) return { name, error };
    throw error;
  }
}

/** The fields with the names of their classes. */
function aboutColumns(fields: readonly ColumnField[], { labels, categories }: DatasetFacts): object[] {
  return fields.map((column) => {
    const names = column.field === "label" ? labels : categories?.[column.field];
    return names === undefined ? column : { ...column, labels: names };
  });
}
