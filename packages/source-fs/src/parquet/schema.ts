/** The columns of a Parquet file, and what their values stand for. */
import type { SchemaElement } from "hyparquet";
import type { ColumnInfo, Meaning } from "../columnar/raw.js";

/** A column as it is stored. Plain data. */
export interface ParquetColumn extends ColumnInfo {
  /** Its place among the columns of a row group. */
  readonly place: number;
  readonly physical: NonNullable<SchemaElement["type"]>;
  /** Bytes of one value, where all have as many. */
  readonly width: number;
  readonly isUnsigned: boolean;
  /** The level of a value that is there. */
  readonly maxDefinition: number;
  readonly maxRepetition: number;
  /** The level from which on a list has an element. */
  readonly elementLevel: number;
}

/** Groups within groups; more is no table. */
const deepest = 64;

/** The columns in the order of the file. Throws a plain Error where the schema is none. */
export function columnsOf(schema: readonly SchemaElement[]): ParquetColumn[] {
  const columns: ParquetColumn[] = [];
  let at = 1;

  const childrenOf = ({ num_children: count = 0 }: SchemaElement, visit: (child: SchemaElement) => void) => {
    for (let i = 0; i < count; i++) {
      const child = schema[at++];
      if (child === undefined) throw new Error("the schema names more columns than it has");
      // A file may leave out what the type says is always there.
      if (typeof child.name !== "string") throw new Error("a column has no name");
      visit(child);
    }
  };
  const walk = (element: SchemaElement, name: string, above: Levels, wrapper: Wrapper): void => {
    const levels = below(above, element);
    if (levels.depth > deepest) throw new Error("columns stand too deep in each other");
    if (element.num_children === undefined || element.num_children === 0) {
      columns.push(leaf(element, name, levels, columns.length));
      return;
    }
    // A list is a group in a group: neither is a name that anybody gave.
    const isWrapped = element.num_children === 1 && (isList(element) || isMap(element));
    const inner: Wrapper = isWrapped ? "outer" : wrapper === "outer" ? "inner" : undefined;
    const hasOne = element.num_children === 1;
    childrenOf(element, (child) => {
      const isNameless = isWrapped || (wrapper === "outer" && hasOne);
      walk(child, isNameless ? name : `${name}.${child.name}`, levels, inner);
    });
  };

  const [root] = schema;
  if (root === undefined) throw new Error("there is no schema");
  childrenOf(root, (child) => walk(child, child.name, top, undefined));
  return columns;
}

/** Whether a group is the outer one of a list, or the repeated one in it. */
type Wrapper = "outer" | "inner" | undefined;

interface Levels {
  readonly depth: number;
  readonly definition: number;
  readonly repetition: number;
  readonly element: number;
}

const top: Levels = { depth: 0, definition: 0, repetition: 0, element: 0 };

function below(
  { depth, definition, repetition, element }: Levels,
  { repetition_type: type }: SchemaElement,
): Levels {
  const isRepeated = type === "REPEATED";
  const next = definition + (type === "REQUIRED" ? 0 : 1);
  return {
    depth: depth + 1,
    definition: next,
    repetition: repetition + (isRepeated ? 1 : 0),
    element: isRepeated ? next : element,
  };
}

function isList({ converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  return converted === "LIST" || logical?.type === "LIST";
}

function isMap({ converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  return converted === "MAP" || converted === "MAP_KEY_VALUE" || logical?.type === "MAP";
}

function leaf(element: SchemaElement, name: string, levels: Levels, place: number): ParquetColumn {
  const { type: physical, type_length: length = 0 } = element;
  if (physical === undefined) throw new Error(`column "${name}" has no type`);
  const width = physical === "FIXED_LEN_BYTE_ARRAY" ? length : (widths[physical] ?? 0);
  if (!(width >= 0 && width <= 2 ** 20)) throw new Error(`column "${name}" has values of ${width} bytes`);
  const { meaning, type } = meaningOf(element);
  const isDeep = levels.repetition > 1;
  return {
    name,
    meaning,
    type: levels.repetition > 0 ? `list of ${type}` : type,
    isList: levels.repetition > 0,
    ...(isDeep && { unreadable: "holds lists of lists" }),
    ...(element.converted_type === "INTERVAL" && { unreadable: "holds intervals" }),
    ...(physical === "FIXED_LEN_BYTE_ARRAY" &&
      width === 0 && { unreadable: "holds values without a length" }),
    place,
    physical,
    width,
    isUnsigned: isUnsigned(element),
    maxDefinition: levels.definition,
    maxRepetition: levels.repetition,
    elementLevel: levels.element,
  };
}

const widths: Partial<Record<ParquetColumn["physical"], number>> = {
  BOOLEAN: 1,
  INT32: 4,
  INT64: 8,
  INT96: 12,
  FLOAT: 4,
  DOUBLE: 8,
};

function isUnsigned({ converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  return converted?.startsWith("UINT_") === true || (logical?.type === "INTEGER" && !logical.isSigned);
}

const perSecond = { MILLIS: 1e3, MICROS: 1e6, NANOS: 1e9 } as const;

function meaningOf(element: SchemaElement): { readonly meaning: Meaning; readonly type: string } {
  const { type, converted_type: converted, logical_type: logical } = element;
  if (logical?.type === "DECIMAL" || converted === "DECIMAL") {
    const scale = logical?.type === "DECIMAL" ? logical.scale : (element.scale ?? 0);
    if (!(Math.abs(scale) <= 1000)) throw new Error(`a decimal has a scale of ${scale}`);
    return { meaning: { kind: "decimal", scale }, type: "decimal" };
  }
  if (logical?.type === "TIMESTAMP")
    return { meaning: { kind: "instant", ticks: perSecond[logical.unit] }, type: "timestamp" };
  if (logical?.type === "TIME")
    return { meaning: { kind: "duration", ticks: perSecond[logical.unit] }, type: "time" };
  if (logical?.type === "FLOAT16") return { meaning: { kind: "number" }, type: "float16" };
  if (logical?.type === "UUID") return { meaning: { kind: "uuid" }, type: "uuid" };
  switch (converted) {
    case "DATE":
      return { meaning: { kind: "instant", ticks: 1 / 86_400 }, type: "date" };
    case "TIMESTAMP_MILLIS":
    case "TIMESTAMP_MICROS":
      return {
        meaning: { kind: "instant", ticks: converted === "TIMESTAMP_MILLIS" ? 1e3 : 1e6 },
        type: "timestamp",
      };
    case "TIME_MILLIS":
    case "TIME_MICROS":
      return { meaning: { kind: "duration", ticks: converted === "TIME_MILLIS" ? 1e3 : 1e6 }, type: "time" };
    default:
  }
  switch (type) {
    case "BOOLEAN":
      return { meaning: { kind: "bool" }, type: "bool" };
    case "INT96":
      // Nanoseconds of a day and its number: read as seconds.
      return { meaning: { kind: "instant", ticks: 1 }, type: "timestamp" };
    case "BYTE_ARRAY":
    case "FIXED_LEN_BYTE_ARRAY":
      return isText(element)
        ? { meaning: { kind: "text" }, type: "text" }
        : { meaning: { kind: "bytes" }, type: "bytes" };
    default:
      return { meaning: { kind: "number" }, type: (type ?? "nothing").toLowerCase() };
  }
}

function isText({ converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  if (converted === "UTF8" || converted === "ENUM" || converted === "JSON") return true;
  return logical?.type === "STRING" || logical?.type === "ENUM" || logical?.type === "JSON";
}
