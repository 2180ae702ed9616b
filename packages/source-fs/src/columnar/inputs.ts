/** Rows of other files, and values by name, as samples for a model that a table has trained. */
import { dirname } from "node:path";
import {
  type ColumnField,
  type DatasetFacts,
  didYouMean,
  type LooseFault,
  type LooseSample,
  MillraceError,
  missingWords,
  readColumns,
  type SourceInputs,
} from "@millrace/core";
import { csvInputs } from "../csv/inputs.js";
import type { ImagesOption } from "../csv/image-columns.js";
import { imageReader, shareImages } from "../images/image-reader.js";
import { imageFinisher } from "./images.js";
import type { ColumnarOptions } from "./options.js";
import { type ColumnarSample, Rows } from "./rows.js";
import type { Storage } from "./storage.js";

/** What the model was trained on, and how a file of the same format is opened. */
export interface InputSettings {
  readonly options: ColumnarOptions & { readonly images: ImagesOption };
  readonly facts: DatasetFacts;
  /** In lower case with the dot. */
  readonly endings: readonly string[];
  readonly open: (path: string) => Promise<Storage>;
}

/**
 * Takes files of the source's own format, CSV files whose first line names the columns, and values by name. Columns may stand in
 * any order; one that is not there may be the answer, and its field is left out.
 */
export function columnarInputs({ options, facts, endings, open }: InputSettings): SourceInputs {
  const typed = readColumns(options.columns);
  const csv = csvInputs({ ...csvSettings, images: options.images }, typed, facts);
  const isOwn = (path: string): boolean => endings.some((ending) => path.toLowerCase().endsWith(ending));
  return {
    ...csv,
    endings: [...endings, ...csv.endings],
    read: (path) => (isOwn(path) ? rowsOf(path, open, options, typed, facts) : csv.read(path)),
  };
}

const csvSettings = {
  delimiter: "auto",
  quote: '"',
  header: true,
  encoding: "utf-8",
  decimal: ".",
  missing: [...missingWords],
} as const;

async function* rowsOf(
  path: string,
  open: (path: string) => Promise<Storage>,
  options: InputSettings["options"],
  typed: readonly ColumnField[],
  facts: DatasetFacts,
): AsyncGenerator<LooseSample | LooseFault> {
  const storage = await open(path);
  const fields = fieldsIn(storage, typed, facts, path);
  const classes = { ...facts.categories, ...(facts.labels && { label: facts.labels }) };
  const starts = [0];
  for (const rows of storage.rows) starts.push(starts[starts.length - 1] + rows);
  const images = fields.some(({ kind }) => kind === "image")
    ? imageReader(options.images, shareImages(options.images))
    : undefined;
  const rows = new Rows(
    storage,
    { fields, classes, starts },
    options.cacheBytes,
    (column) => images && imageFinisher(column, images, storage, dirname(path)),
  );
  for (let index = 0; index < rows.length; index++) yield looseSample(rows, index);
}

async function looseSample(rows: Rows, index: number): Promise<LooseSample | LooseFault> {
  const name = rows.key(index);
  try {
    const sample: ColumnarSample = await rows.get(index);
    return { name, sample };
  } catch (error) {
    if (error instanceof MillraceError) return { name, error };
    throw error;
  }
}

/** The fields that this file can give; the label is left out: it is the answer. */
function fieldsIn(
  storage: Storage,
  typed: readonly ColumnField[],
  { features }: DatasetFacts,
  path: string,
): ColumnField[] {
  const names = storage.columns.map(({ name }) => name);
  const known = new Set([...typed.flatMap(({ from }) => from), ...(features ?? [])]);
  const others = names.filter((name) => !known.has(name));
  const refuse = (missing: readonly string[], rule: string): void => {
    if (missing.length === 0) return;
    const list = missing.map((name) => `"${name}"${didYouMean(name, others)}`).join(", ");
    throw new MillraceError("INPUT_INVALID", `${rule}${list}`, {
      where: [path],
      hint: `It has: ${names.join(", ")}.`,
    });
  };
  const lacks = (name: string): boolean => !names.includes(name);
  const given = typed.filter(({ field }) => field !== "label");
  const vector: ColumnField[] = [];
  if (features !== undefined && !given.some(({ field }) => field === "features")) {
    refuse(features.filter(lacks), "the file must have every column that the model was trained on, lacks ");
    vector.push({
      field: "features",
      kind: "float32",
      width: features.length,
      from: features,
      nullable: false,
      missing: "error",
      mayMiss: false,
    });
  }
  refuse(
    given.flatMap(({ from }) => from).filter((name) => lacks(name) && didYouMean(name, others) !== ""),
    "the columns must have the names that they had in training: ",
  );
  const there = given.filter(({ from }) => !from.some(lacks));
  // Rows without a value were left out in training; here each is answered, with what it lacks.
  return [
    ...vector,
    ...there.map((column) => (column.missing === "drop" ? { ...column, missing: "error" as const } : column)),
  ];
}
