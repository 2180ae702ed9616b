/** Values as JSON, a database or a person states them, as what samples hold of a column. */
import { type ArrayTypes, arrayConstructors, type DType } from "../../contracts/ndarray.js";
import type { ClassLabels } from "../labels.js";
import { type ColumnField, columnType } from "./columns.js";
import { readDates } from "./dates.js";
import { decimal, losesDigits, missingTexts, readBool, readBytes } from "./texts.js";

/** What a reader gives for a missing value where the policy leaves out the row. */
export const dropped: unique symbol = Symbol("dropped");

export interface ValueTools {
  /** Makes the error for a value that breaks `rule` ("must be a finite number"). */
  readonly fault: (rule: string, value: unknown) => Error;
  /** The classes of a column that holds classes. */
  readonly classes?: ClassLabels;
  /** Texts that mean a missing value, where the column does not state its own. */
  readonly missingWords?: readonly string[];
  /** Numbers in texts; plain decimals by default. */
  readonly number?: (text: string) => number;
}

/** Reads one value; a vector as a list, or as one value for each column that it is made from. */
export type ValueReader = (value: unknown) => unknown;

/**
 * A reader of the values of `column`: numbers, also in texts; flags, also as 1 and 0 and in words (1 and 0 where they may be
 * missing, which is how batches hold them then); classes as their index;
 * texts; Uint8Arrays, or bytes in base64 or hex; dates, as texts, Date objects or, with the format unix, numbers; lists of
 * numbers for a vector, also in a text, such as "[0.5, 2]" or "0.5 2"; whatever a text in JSON states. A value of a kind that has no conversion here, such as an image, is passed on.
 *
 * Null, undefined and, where the column says that values may be missing, texts that mean it become null, NaN in a vector,
 * what is filled in, or `dropped`. @throws what `fault` makes, for any other.
 */
export function valueReader(column: ColumnField, tools: ValueTools): ValueReader {
  const { width } = column;
  const read = singleReader(column, tools);
  if (width === undefined) return read;
  const { type } = columnType(column);
  const make = arrayConstructors[type as DType] as unknown as new (length: number) => ArrayTypes[DType];
  const isMissing = missingTexts(column.missingWords ?? tools.missingWords);
  return (given) => {
    const value = typeof given === "string" ? listIn(given, isMissing) : given;
    const isList = Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
    if (!isList && !(value === null || value === undefined))
      throw tools.fault("must be a list of numbers", given);
    // Without a length there is no element that could be missing in its place.
    if (!isList && width === 0) {
      const none = read(typeof given === "string" ? null : given);
      return none === dropped ? dropped : new make(0);
    }
    const list = isList ? (value as ArrayLike<unknown>) : new Array<unknown>(width).fill(null);
    if (width > 0 && list.length !== width) throw tools.fault(`must have ${width} numbers`, given);
    const vector = new make(list.length);
    for (let i = 0; i < list.length; i++) {
      const number = read(list[i]);
      if (number === dropped) return dropped;
      vector[i] = number === null ? Number.NaN : (number as number);
    }
    return vector;
  };
}

/** The texts of a list in one text, in brackets or without: "[0.5, 2]", "0.5 2"; null for one that means no value. */
function listIn(text: string, isMissing: (text: string) => boolean): readonly string[] | null {
  const inner = text
    .trim()
    .replace(/^\[(.*)\]$|^\((.*)\)$/s, "$1$2")
    .trim();
  if (inner === "") return text.trim() === "" ? null : [];
  return isMissing(text) ? null : inner.split(/\s*[,;|]\s*|\s+/);
}

function singleReader(column: ColumnField, tools: ValueTools): ValueReader {
  const { missing, mayMiss } = column;
  const isMissing = mayMiss ? missingTexts(column.missingWords ?? tools.missingWords) : undefined;
  const convert = converter(column, tools);
  const filled = typeof missing === "object" ? convert(missing.fill) : null;
  return (value) => {
    const isThere =
      value !== null && value !== undefined && !(typeof value === "string" && isMissing?.(value));
    if (isThere) return convert(value);
    if (missing === "error") throw tools.fault("must have a value", value);
    return missing === "drop" ? dropped : filled;
  };
}

function converter(column: ColumnField, { fault, classes, number }: ValueTools): ValueReader {
  const { kind, format, nullable } = column;
  switch (kind) {
    case "int32":
    case "float32":
    case "float64":
      return numberConverter(kind, fault, number);
    case "bool":
      return (value) => {
        const flag = isScalar(value) ? readBool(String(value)) : undefined;
        if (flag === undefined) throw fault("must be true or false", value);
        // Those that may be missing are numbers in batches, and so in samples.
        return nullable ? Number(flag) : flag;
      };
    case "class":
      return (value) => {
        if (isScalar(value)) return classes?.indexOf(String(value)) ?? value;
        throw fault("must be the name of a class", value);
      };
    case "text":
      return (value) => {
        if (isScalar(value) && typeof value !== "boolean") return String(value);
        throw fault("must be a text", value);
      };
    case "bytes":
      return (value) => {
        const bytes = typeof value === "string" ? readBytes(value, format) : value;
        if (bytes instanceof Uint8Array) return bytes;
        throw fault(`must be bytes in ${format ?? "base64"}`, value);
      };
    case "date":
      return dateConverter(format, fault);
    case "image":
      return (value) => value;
    case "json":
      return jsonConverter(fault);
    default:
      return kind satisfies never;
  }
}

/** What a text in JSON states; what is no text has been read of JSON already. */
function jsonConverter(fault: ValueTools["fault"]): ValueReader {
  return (value) => {
    if (typeof value === "bigint" && Number.isSafeInteger(Number(value))) return Number(value);
    if (typeof value === "bigint" || ArrayBuffer.isView(value)) throw fault("must be JSON", value);
    if (typeof value !== "string") return value;
    try {
      return JSON.parse(value) as unknown;
    } catch {
      throw fault("must be JSON", value);
    }
  };
}

function isScalar(value: unknown): value is string | number | bigint | boolean {
  return ["string", "number", "bigint", "boolean"].includes(typeof value);
}

function numberConverter(
  kind: "int32" | "float32" | "float64",
  fault: ValueTools["fault"],
  read = decimal,
): ValueReader {
  const numberOf = (value: unknown): number => {
    if (typeof value === "string") return read(value);
    return typeof value === "number" || typeof value === "bigint" ? Number(value) : Number.NaN;
  };
  if (kind === "int32") {
    return (value) => {
      const found = numberOf(value);
      // Among whole numbers there is no -0.
      if ((found | 0) === found) return found | 0;
      throw fault("must be a whole number within ±2^31", value);
    };
  }
  return (value) => {
    const found = numberOf(value);
    const fits = Number.isFinite(kind === "float32" ? Math.fround(found) : found);
    if (!fits) throw fault(`must be a finite ${kind} number`, value);
    if (typeof value !== "number" && losesDigits(String(value), found)) throw fault(tooLong, value);
    return found;
  };
}

const tooLong =
  "must be a number that fits into 64 bits with all its digits (is it an identifier, and a text?)";

function dateConverter(format: string | undefined, fault: ValueTools["fault"]): ValueReader {
  const read = readDates(format);
  const takesNumbers = format === "unix" || format === "unix-ms";
  return (value) => {
    const seconds =
      value instanceof Date
        ? value.getTime() / 1000
        : typeof value === "string" || (takesNumbers && typeof value === "number")
          ? read(String(value))
          : Number.NaN;
    if (!Number.isNaN(seconds)) return seconds;
    throw fault(`must be a date (${format ?? "ISO 8601, such as 2026-01-31"})`, value);
  };
}
