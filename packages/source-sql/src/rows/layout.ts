/** Which columns become what: chosen from what the database says of them, before a row is read. */
import { type ColumnField, type ColumnsOption, didYouMean, MillraceError, readColumns } from "@millrace/core";
import type { Column, ColumnType, Dialect, Relation } from "../driver.js";
import type { KeyColumn } from "./keys.js";

/** The options that say what a sample is made of, the same for every database. */
export interface LayoutOptions {
  readonly key?: string | readonly string[];
  readonly features?: readonly string[];
  readonly label?: string;
  readonly labelType: "class" | "number";
  /** Names of columns, or fields with types. */
  readonly columns: readonly string[] | ColumnsOption;
}

/** A row holds `features`, then the label if there is one, then `columns`. Plain data. */
export interface SampleLayout {
  readonly features: readonly string[];
  readonly label?: {
    readonly column: string;
    /** Class names by label index; absent where the label is a number. */
    readonly classes?: readonly string[];
  };
  readonly columns: readonly string[];
  /** Fields with types, each made of one or several of `columns`, in their order; absent where columns pass as they are. */
  readonly fields?: readonly TypedField[];
}

/** A field of a stated type. Plain data. */
export interface TypedField extends ColumnField {
  /** The names of its classes by index. */
  readonly classes?: readonly string[];
}

/** The columns that pass through, and what fields they make. @throws MillraceError OPTION_INVALID */
export function chooseColumns({
  columns,
}: Pick<LayoutOptions, "columns">): Pick<SampleLayout, "columns" | "fields"> {
  if (isNames(columns)) return { columns };
  const fields = readColumns(columns, { json: true });
  return { columns: fields.flatMap(({ from }) => from), fields };
}

/** The fields that are images. */
export function imageFields({ fields = [] }: Pick<SampleLayout, "fields">): string[] {
  return fields.filter(({ kind }) => kind === "image").map(({ field }) => field);
}

function isNames(columns: LayoutOptions["columns"]): columns is readonly string[] {
  return Array.isArray(columns);
}

/** The columns to select, in the order in which a sample's fields are read. */
export function selectedColumns({ features, label, columns }: SampleLayout): string[] {
  return [...features, ...(label === undefined ? [] : [label.column]), ...columns];
}

/** The columns that identify a row: those asked for, else what the database itself has. */
export function chooseKey(
  relation: Relation,
  dialect: Dialect,
  asked: string | readonly string[] | undefined,
  database: string,
): readonly KeyColumn[] {
  const names = asked === undefined ? undefined : typeof asked === "string" ? [asked] : asked;
  const chosen = relation.identities.find(
    ({ name }) => names === undefined || (names.length === 1 && name === names[0]),
  );
  if (chosen !== undefined) {
    const { name, sql, type, native, unique, inOrder } = chosen;
    return [{ name, sql, type, ...(native && { native }), unique, ...(inOrder && { inOrder }) }];
  }
  const own = names ?? relation.primaryKey;
  if (own === undefined) {
    throw new MillraceError(
      "OPTION_INVALID",
      `${relation.name} must have a key, has no row id and no primary key of one column`,
      {
        hint: "Name a column of unique integers or texts in `key`, or several; add one to the view or query if it has none.",
        where: [database],
      },
    );
  }
  return own.map((name, i) => {
    requireColumn(relation, name, typeof asked === "string" ? ["key"] : ["key", i], database);
    const { type, native } = relation.columns.find((column) => column.name === name) as Column;
    const sql = columnOf(relation, dialect, name);
    return { name, sql, type, ...(native && { native }), unique: false };
  });
}

/** The numeric columns that make up `features`; every column that an option names must be there. */
export function chooseFeatures(
  relation: Relation,
  key: readonly KeyColumn[],
  options: LayoutOptions,
  database: string,
): readonly string[] {
  if (options.label !== undefined) requireColumn(relation, options.label, ["label"], database);
  for (const [i, name] of (options.features ?? []).entries()) {
    requireColumn(relation, name, ["features", i], database);
  }
  const { columns, fields } = chooseColumns(options);
  if (fields === undefined)
    for (const [i, name] of columns.entries()) requireColumn(relation, name, ["columns", i], database);
  for (const { field, from } of fields ?? []) {
    for (const name of from) requireColumn(relation, name, ["columns", field], database);
  }
  const names = fields?.map(({ field }) => field) ?? columns;
  // A typed field may be the label where no option names one.
  const isFree = fields !== undefined && options.label === undefined;
  const taken = names.find((name) => name === "features" || (name === "label" && !isFree));
  if (taken !== undefined) {
    throw new MillraceError("OPTION_INVALID", `\`columns\` must leave the field "${taken}" to the source`, {
      path: ["columns", fields === undefined ? columns.indexOf(taken) : taken],
      hint:
        taken === "label"
          ? 'Name its column in `label`, or give the field a type there, such as { "label": "class" }; not both.'
          : "Name its columns in `features`.",
      where: [database],
    });
  }
  const others = new Set([...key.map(({ name }) => name), options.label, ...columns]);
  const features =
    options.features ??
    relation.columns.filter((each) => isNumeric(each) && !others.has(each.name)).map(({ name }) => name);
  if (features.length > 0 || columns.length > 0) return features;
  throw new MillraceError(
    "OPTION_INVALID",
    `a sample must have features or columns, but no other column of ${relation.name} is declared as a number`,
    {
      hint: `Name columns in \`features\` or \`columns\`; there are: ${relation.columns.map(({ name }) => name).join(", ")}.`,
      where: [database],
    },
  );
}

/** The expressions by which the label's value is selected, and a column that passes through, or is a feature. */
export function readColumn(relation: Relation, dialect: Dialect, name: string): string {
  return dialect.read(columnOf(relation, dialect, name), typeOf(relation, name));
}

export function readNumber(relation: Relation, dialect: Dialect, name: string): string {
  return dialect.number(columnOf(relation, dialect, name), typeOf(relation, name));
}

/** A class that is a decimal is named by its number: 7.5, however many digits are stored. */
export function readClass(relation: Relation, dialect: Dialect, name: string): string {
  const read = typeOf(relation, name) === "decimal" ? readNumber : readColumn;
  return read(relation, dialect, name);
}

export function typeOf({ columns, identities }: Relation, name: string): ColumnType {
  return (
    (columns.find((column) => column.name === name) ?? identities.find((column) => column.name === name))
      ?.type ?? "unknown"
  );
}

/** A column as SQL reads it from the alias `source`. */
export function columnOf({ identities }: Relation, dialect: Dialect, name: string): string {
  return identities.find((each) => each.name === name)?.sql ?? `source.${dialect.quote(name)}`;
}

function requireColumn(
  relation: Relation,
  name: string,
  path: readonly (string | number)[],
  database: string,
): void {
  const names = relation.columns.map((column) => column.name);
  if (names.includes(name)) return;
  throw new MillraceError(
    "OPTION_INVALID",
    `${relation.name} must have the column that \`${path[0]}\` names, was "${name}"${didYouMean(name, names)}`,
    { path, hint: `Choose among: ${names.join(", ")}.`, where: [database] },
  );
}

function isNumeric({ type }: Column): boolean {
  return type === "int" || type === "float" || type === "decimal" || type === "bool";
}
