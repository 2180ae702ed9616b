/** Parquet and Arrow files, read by the very source that the spec will name. */
import { basename, dirname, extname } from "node:path";
import { pathToFileURL } from "node:url";
import type { Dataset } from "@millrace/core";
import { storedColumns } from "@millrace/source-fs";
import { columnCounter } from "./column.js";
import { mostRows, type OpenSource, type TableSurvey } from "./table-survey.js";

export async function surveyStored(
  path: string,
  { open }: { readonly open: OpenSource },
): Promise<TableSurvey> {
  const use = extname(path).toLowerCase() === ".parquet" ? "parquet" : "arrow";
  const stored = await storedColumns(path);
  const types = { number: "float64?", bool: "bool?", text: "text?", instant: "date?", decimal: "float64?" };
  const read = stored.flatMap(({ name, kind, isList, isReadable }) => {
    const type = (types as Readonly<Record<string, string>>)[kind];
    return isList || !isReadable || type === undefined ? [] : [[name, type] as const];
  });
  const columns = Object.fromEntries(read);
  const dataset = await open(use, { path: basename(path), columns }, folderOf(path));
  try {
    const names = read.map(([name]) => name);
    const dates = read.filter(([, type]) => type === "date?").map(([name]) => name);
    const found = stored
      .filter(({ name }) => !names.includes(name))
      .map(({ name }) => `"${name}" holds lists or values of a kind that is not looked at`);
    return { use, options: {}, found, ...(await surveyDataset(dataset, names, dates)), keys: [] };
  } finally {
    await dataset.close?.();
  }
}

export function folderOf(path: string): URL {
  return pathToFileURL(`${dirname(path)}/`);
}

/** Counts the fields of a dataset's samples: all, or as many as `mostRows` spread over it. `dates` come as UTC seconds. */
export async function surveyDataset(
  dataset: Dataset,
  names: readonly string[],
  dates: readonly string[],
): Promise<Pick<TableSurvey, "rows" | "looked" | "columns" | "examples">> {
  const rows = dataset.length;
  const looked = Math.min(rows, mostRows);
  const counters = names.map((name) => columnCounter(name));
  const asWritten = (value: unknown, name: string) =>
    dates.includes(name) && typeof value === "number" ? new Date(value * 1000).toISOString() : value;
  const examples: Record<string, unknown>[] = [];
  const piece = 4096;
  for (let start = 0; start < looked; start += piece) {
    const first = rows === looked ? start : Math.floor((start / looked) * rows);
    const indices = Array.from({ length: Math.min(piece, looked - start) }, (_, i) => first + i);
    const many = dataset.getMany?.(indices, { epoch: 0 });
    const samples = await (many ?? Promise.all(indices.map((index) => dataset.get(index, { epoch: 0 }))));
    for (const sample of samples as Record<string, unknown>[]) {
      const row = names.map((name) => asWritten(sample[name], name));
      row.forEach((value, i) => counters[i].add(value));
      if (examples.length < 3) examples.push(Object.fromEntries(names.map((name, i) => [name, row[i]])));
    }
  }
  return { rows, looked, columns: counters.map((counter) => counter.finish()), examples };
}
