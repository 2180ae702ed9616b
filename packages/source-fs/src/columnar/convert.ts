/** What a column of a file becomes as a field: numbers in the element type of batches, texts, bytes, classes. */
import {
  type ClassLabels,
  type ColumnField,
  MillraceError,
  type ValueReader,
  valueReader,
} from "@millrace/core";
import { classesOf } from "./classes.js";
import { missingRows, type Raws, rowValues } from "./row-values.js";
import type { Kept } from "./stored.js";
import { bytesOf, textsOf } from "./texts.js";
import { listsOf, vectorOf } from "./vectors.js";
import { arrayFor, type Attempt, writeNumbers } from "./write-numbers.js";

export interface Converter {
  /** Values that the field cannot have are told to `mark`, with the fault of each, and stand as whatever they are. */
  convert(raws: Raws, mark: (row: number, fault: MillraceError) => void): Kept;
  /** Throws what is wrong with the value of a row that was marked, naming `place`. */
  explain(raws: Raws, row: number, place: string): void;
  /** Rows whose value is missing, as the policy "drop" asks. */
  missing(raws: Raws): (row: number) => boolean;
}

/** `classes` of a field that holds classes. */
export function converterFor(column: ColumnField, classes: ClassLabels | undefined): Converter {
  const readAt = (what: ColumnField, place: string): ValueReader => {
    const fault = (rule: string, value: unknown): MillraceError => notHeld(what, rule, value, place);
    return valueReader(what, {
      fault,
      // What is missing is NULL: a text such as NA is one, unless the spec says otherwise.
      missingWords: [],
      ...(classes && {
        classes: {
          labels: classes.labels,
          indexOf: (name: string) =>
            classes.indexOf(name, () => `${place}: column "${column.from.join(", ")}"`),
        },
      }),
    });
  };
  const { width: _, ...single } = column;
  const parts = column.from.map((name): ColumnField => ({ ...single, from: [name] }));
  // Whoever is told of a fault knows its place.
  const read = readAt(column, "");
  const readParts = parts.map((part) => readAt(part, ""));
  const attempting =
    (reader: ValueReader, mark: Parameters<Converter["convert"]>[1]): Attempt =>
    (value, row) => {
      try {
        return reader(value);
      } catch (error) {
        if (!(error instanceof MillraceError)) throw error;
        mark(row, error);
        return undefined;
      }
    };
  return {
    convert: (raws, mark) =>
      convert(
        column,
        raws,
        attempting(read, mark),
        readParts.map((part) => attempting(part, mark)),
      ),
    explain(raws, row, place) {
      if (parts.length === 1) {
        readAt(column, place)(rowValues(column, raws)(row));
        return;
      }
      // Of several columns, the one that is at fault.
      for (const [i, part] of parts.entries()) readAt(part, place)(rowValues(part, [raws[i]])(row));
    },
    missing: (raws) => missingRows(column, raws),
  };
}

/** `attempts` take single numbers of each of the columns, `attempt` what the field has of a row. */
function convert(column: ColumnField, raws: Raws, attempt: Attempt, attempts: readonly Attempt[]): Kept {
  const { kind, width } = column;
  if (width !== undefined)
    return raws[0].lists === undefined
      ? vectorOf(column, raws, attempt, attempts)
      : listsOf(column, raws[0], attempt, attempts[0]);
  const [raw] = raws;
  switch (kind) {
    case "text":
      return textsOf(column, raw, attempt);
    case "bytes":
    case "image":
      return bytesOf(column, raw, attempt);
    case "class":
      return classesOf(column, raw, attempt);
    default: {
      const data = new (arrayFor(column))(raw.rows);
      writeNumbers(column, raw, data, { at: 0, step: 1 }, attempt);
      return { kind: "numbers", data };
    }
  }
}

function notHeld({ from }: ColumnField, rule: string, value: unknown, place: string): MillraceError {
  const name = from.join(", ");
  const hint =
    'Correct the value, choose another type, or say what becomes of values that are missing: "?" behind the type passes them on as null, and `missing` drops the row or fills in a value.';
  return new MillraceError("FILE_FORMAT", `column "${name}" ${rule}, was ${shown(value)}`, {
    where: [place],
    hint,
  });
}

function shown(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  const text =
    typeof value === "bigint" || typeof value === "number"
      ? String(value)
      : (JSON.stringify(value) ?? "nothing");
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
