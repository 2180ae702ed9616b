/** JSON Lines files: one object per line, whose keys are the columns. */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { fileFault, MillraceError } from "@millrace/core";
import { type ColumnCounter, columnCounter } from "./column.js";
import { mostRows, type TableSurvey } from "./table-survey.js";

export async function surveyJsonLines(path: string): Promise<TableSurvey> {
  const counters = new Map<string, ColumnCounter>();
  const examples: Record<string, unknown>[] = [];
  const stream = createReadStream(path);
  const failed = new Promise<never>((_, reject) =>
    stream.once("error", (error) => reject(fileFault(error, path, "cannot be read"))),
  );
  let rows = 0;
  const read = async () => {
    let number = 0;
    for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
      number++;
      if (line.trim() === "") continue;
      const record = objectIn(line, `${path}:${number}`);
      for (const key of Object.keys(record)) {
        if (counters.has(key)) continue;
        const counter = columnCounter(key);
        for (let row = 0; row < rows; row++) counter.add(null);
        counters.set(key, counter);
      }
      for (const [key, counter] of counters) counter.add(record[key]);
      if (examples.length < 3) examples.push(record);
      if (++rows === mostRows) break;
    }
  };
  try {
    await Promise.race([read(), failed]);
  } finally {
    stream.destroy();
  }
  if (rows === 0) {
    throw new MillraceError("FILE_FORMAT", "a table must have rows to learn from, has none", {
      hint: "Name a file with samples in it.",
      where: [path],
    });
  }
  const columns = [...counters.values()].map((counter) => counter.finish());
  return { use: "json-lines", options: {}, found: [], rows, looked: rows, columns, keys: [], examples };
}

function objectIn(line: string, place: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    value = undefined;
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new MillraceError("FILE_FORMAT", "a line of JSON Lines must be an object in braces, is not", {
    where: [place],
    hint: "Mend the line, or leave it out.",
  });
}
