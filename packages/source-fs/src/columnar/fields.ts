/** Which fields samples have, and the columns they are made from. */
import { type ColumnField, didYouMean, MillraceError, readColumns } from "@millrace/core";
import type { ColumnarOptions } from "./options.js";
import type { ColumnInfo } from "./raw.js";

/** Names in a hint; a table of genes has thousands. */
const mostNamed = 30;

/** The fields in the order of samples: features, label, those of `columns`. `name` is the file's. @throws MillraceError OPTION_INVALID */
export function fieldsOf(
  options: ColumnarOptions,
  columns: readonly ColumnInfo[],
  name: string,
): ColumnField[] {
  const { label, labelType } = options;
  const typed = typedFields(options);
  const features = featuresOf(options, columns, typed, name);
  const fields: ColumnField[] = [
    ...(features.length > 0
      ? [{ ...plain("features", "float32"), width: features.length, from: features }]
      : []),
    ...(label === undefined
      ? []
      : [{ ...plain("label", labelType === "class" ? "class" : "float32"), from: [label] }]),
    ...typed,
  ];
  if (fields.length === 0) {
    throw invalid(
      "a sample must have features or columns, but no column holds numbers",
      ["columns"],
      columns,
      name,
    );
  }
  for (const field of fields) requireReadable(field, pathOf(field, options), columns, name);
  return fields;
}

function plain(field: string, kind: ColumnField["kind"]): Omit<ColumnField, "from"> {
  return { field, kind, nullable: false, missing: "error", mayMiss: false };
}

/** The fields of `columns`, which leave those that come from elsewhere alone. */
function typedFields({ columns, features, label }: ColumnarOptions): ColumnField[] {
  const taken = [...(features?.length ? ["features"] : []), ...(label === undefined ? [] : ["label"])].find(
    (field) => Object.hasOwn(columns, field),
  );
  if (taken === undefined) return readColumns(columns);
  throw new MillraceError(
    "OPTION_INVALID",
    `a field must come from one place, but "${taken}" is stated by \`${taken}\` and by \`columns\``,
    { path: ["columns", taken], hint: "Remove one of the two." },
  );
}

function featuresOf(
  { features, label }: ColumnarOptions,
  columns: readonly ColumnInfo[],
  typed: readonly ColumnField[],
  name: string,
): readonly string[] {
  if (features !== undefined) {
    const twice = features.find((each, i) => features.indexOf(each) !== i);
    if (twice === undefined) return features;
    throw invalid(
      `features must be different columns, but "${twice}" is there twice`,
      ["features"],
      columns,
      name,
    );
  }
  if (typed.length > 0) return [];
  return columns.filter((column) => isNumeric(column) && column.name !== label).map((column) => column.name);
}

function isNumeric({ meaning: { kind }, isList, unreadable }: ColumnInfo): boolean {
  return !isList && unreadable === undefined && (kind === "number" || kind === "decimal" || kind === "bool");
}

type OptionPath = readonly (string | number)[];

function pathOf({ field }: ColumnField, { columns, label }: ColumnarOptions): OptionPath {
  if (Object.hasOwn(columns, field)) return ["columns", field];
  return field === "label" && label !== undefined ? ["label"] : ["features"];
}

function requireReadable(
  field: ColumnField,
  path: OptionPath,
  columns: readonly ColumnInfo[],
  name: string,
): void {
  for (const from of field.from) {
    const column = columns.find((each) => each.name === from);
    const names = columns.map((each) => each.name);
    if (column === undefined) {
      const members = names.filter((each) => each.startsWith(`${from}.`));
      const instead = members.length > 0 ? `; it has ${members.join(", ")}` : didYouMean(from, names);
      throw invalid(`a column must be one of the file's, was "${from}"${instead}`, path, columns, name);
    }
    if (column.unreadable !== undefined)
      throw invalid(`column "${from}" cannot be read: it ${column.unreadable}`, path, columns, name);
    const fault = fitFault(field, column);
    if (fault !== undefined) throw invalid(`column "${from}" ${fault}`, path, columns, name);
  }
}

/** Why the column cannot be the field's, whatever its values are. */
function fitFault({ kind, width, from, field }: ColumnField, column: ColumnInfo): string | undefined {
  const { isList, meaning, type } = column;
  if (isList && width === undefined) {
    const numbers = meaning.kind === "number" || meaning.kind === "decimal";
    return `holds a ${type}: its type must be a vector${numbers ? `, such as ${kind === "class" ? "int32" : "float32"}[3], or float32[] where lengths differ` : ", which of such values there is not"}`;
  }
  if (isList && from.length > 1)
    return `holds a ${type}, of which a vector cannot be made together with others`;
  const isBlob = meaning.kind === "bytes" || meaning.kind === "text";
  if (!isList && !isBlob && width !== undefined && width !== from.length && field !== "features")
    return `holds single values (${type}), of which there is no vector of ${width === 0 ? "any" : width}`;
  return undefined;
}

function invalid(
  message: string,
  path: OptionPath,
  columns: readonly ColumnInfo[],
  name: string,
): MillraceError {
  const shown = columns.slice(0, mostNamed).map((column) => `${column.name} (${column.type})`);
  const more = columns.length > mostNamed ? `, and ${columns.length - mostNamed} more` : "";
  return new MillraceError("OPTION_INVALID", message, {
    path,
    where: [name],
    hint: `The columns are: ${shown.join(", ")}${more}.`,
  });
}
