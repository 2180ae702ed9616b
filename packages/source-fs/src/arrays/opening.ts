/** What the one opening of arrays learns, for all threads. */
import {
  type DatasetFacts,
  type DType,
  didYouMean,
  type FieldType,
  type FieldTypes,
  fingerprintFiles,
  MillraceError,
  zeros,
} from "@millrace/core";
import type { NamedFile } from "../files/find.js";
import { changed, fileReader } from "../files/parts.js";
import { classesOf } from "../idx/classes.js";
import { ownType } from "./elements.js";
import type { OpenArrays } from "./files.js";
import type { FieldsOption } from "./options.js";
import { arrayRows } from "./rows.js";
import { faulty, type StoredArray } from "./stored-array.js";

/** One field of the samples. */
export interface ArrayField {
  readonly field: string;
  readonly array: StoredArray;
  readonly type: DType;
}

/** What threads are given. */
export interface ArraysOpening {
  readonly fields: readonly ArrayField[];
  readonly length: number;
  readonly classes?: readonly string[];
  readonly fingerprint: string;
}

/** A field, the file that has its array, and the array's name in there. */
export interface Wanted {
  readonly field: string;
  readonly file: NamedFile;
  readonly from: string;
  readonly type?: DType | undefined;
}

/** All of one file where `fields` says nothing. */
export function wantedIn(file: NamedFile, fields: FieldsOption | undefined): Wanted[] | NamedFile {
  if (fields === undefined) return file;
  return Object.entries(fields).map(([field, of]) => ({ field, file, ...asked(of) }));
}

export function asked(of: FieldsOption[string]): {
  readonly from: string;
  readonly type?: DType | undefined;
} {
  return typeof of === "string" ? { from: of } : of;
}

/** What the arrays of fields are called. */
export function namesOf(fields: FieldsOption | undefined): Readonly<Record<string, string>> | undefined {
  return fields && Object.fromEntries(Object.entries(fields).map(([field, of]) => [field, asked(of).from]));
}

/**
 * Errors: FILE_NOT_FOUND; FILE_FORMAT, also where the arrays have other numbers of rows; OPTION_INVALID for a name that is not
 * there; LABEL_UNKNOWN.
 */
export async function openArrays(
  wanted: readonly Wanted[] | NamedFile,
  open: OpenArrays,
  maxHeldBytes: number,
  known: readonly string[] | undefined,
  of: Naming = {},
): Promise<ArraysOpening> {
  const { option = "path", code = "OPTION_INVALID" } = of;
  const files = "path" in wanted ? [wanted] : wanted.map(({ file }) => file);
  const paths = [...new Set(files.map(({ path }) => path))];
  const fingerprint = await fingerprintFiles(paths);
  const allowance = { left: maxHeldBytes, most: maxHeldBytes };
  const fields: ArrayField[] = [];
  for (const path of paths) {
    const own = "path" in wanted ? undefined : wanted.filter(({ file }) => file.path === path);
    const [file] = files.filter((each) => each.path === path);
    const names = own && new Set(own.map(({ from }) => from));
    const there: string[] = [];
    const arrays = await open(file, option, allowance, (name) => {
      there.push(name);
      return names?.has(name) ?? true;
    });
    for (const { field, from, type } of own ?? allOf(arrays)) {
      const array = arrays.get(from);
      if (array === undefined) throw notThere(file.name, field, from, there, code);
      if (array.shape.length === 0)
        throw faulty(array.name, "an array must have a first axis of samples, was a single value");
      fields.push({ field, array, type: type ?? ownType(array.element.kind) });
    }
  }
  if (fields.length === 0) throw faulty(files[0].name, "there must be an array, the file holds none");
  if ((await fingerprintFiles(paths)) !== fingerprint)
    throw changed(paths[0], "was changed while it was read");
  const length = lengthOf(fields);
  const classes = labelClasses(fields, length, known);
  return { fields, length, ...(classes && { classes }), fingerprint };
}

/** Who asks: the option that names the file, and the code where it lacks an array. */
export interface Naming {
  readonly option?: string;
  readonly code?: "OPTION_INVALID" | "INPUT_INVALID";
}

function notThere(
  file: string,
  field: string,
  name: string,
  there: readonly string[],
  code: NonNullable<Naming["code"]>,
): MillraceError {
  return new MillraceError(code, `${file} must hold "${name}", does not${didYouMean(name, there)}`, {
    ...(code === "OPTION_INVALID" && { path: ["fields", field] }),
    hint: `It holds: ${there.slice(0, 30).join(", ") || "one array, without a name"}.`,
  });
}

function allOf(arrays: ReadonlyMap<string, StoredArray>): Pick<Wanted, "field" | "from" | "type">[] {
  return [...arrays.keys()].map((name) => ({ field: name, from: name }));
}

function lengthOf(fields: readonly ArrayField[]): number {
  const [first] = fields;
  const other = fields.find(({ array }) => array.shape[0] !== first.array.shape[0]);
  if (other === undefined) return first.array.shape[0];
  throw new MillraceError(
    "FILE_FORMAT",
    `all arrays must have as many rows, but "${first.field}" has ${first.array.shape[0]} and "${other.field}" ${other.array.shape[0]}`,
    { where: [first.array.name, other.array.name], hint: "Name arrays of the same samples in `fields`." },
  );
}

/** Of a field "label" of whole numbers. */
function labelClasses(
  fields: readonly ArrayField[],
  length: number,
  known: readonly string[] | undefined,
): readonly string[] | undefined {
  const label = fields.find(({ field }) => field === "label");
  if (label === undefined || label.array.shape.length !== 1 || label.type === "bool") return undefined;
  return classesOf(label.array.name, { dtype: label.type, data: wholeColumn(label, length) }, known);
}

/** Rows that are read at once. */
const atOnce = 2 ** 16;

/** An array of one axis. Errors: FILE_NOT_FOUND, FILE_FORMAT. */
export function wholeColumn({ array, type }: ArrayField, length: number) {
  const reader = fileReader([array.file]);
  try {
    const { read } = arrayRows(array, type, 0, reader, (index) => `${array.name}#${index}`);
    const { data } = zeros(type, [length]);
    for (let start = 0; start < length; start += atOnce) {
      const count = Math.min(atOnce, length - start);
      read(
        Array.from({ length: count }, (_, i) => start + i),
        data.subarray(start, start + count),
      );
    }
    return data;
  } finally {
    reader.close();
  }
}

/** What one value of the field is. */
export function fieldType({ array, type }: ArrayField): FieldType {
  const shape = array.shape.slice(1);
  return { type, ...(array.shape.length > 1 && { shape }) };
}

export function fieldTypesOf(fields: readonly ArrayField[]): FieldTypes {
  return Object.fromEntries(fields.map((field) => [field.field, fieldType(field)]));
}

export function factsOf({ fields, classes }: ArraysOpening): DatasetFacts {
  return { ...(classes && { labels: classes }), fields: fieldTypesOf(fields) };
}
