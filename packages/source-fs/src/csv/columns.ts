/** Columns of a table while it is read: numbers in growing typed arrays, text as codes into its distinct values. */
import { MillraceError } from "@millrace/core";

/** Receives one column's values, in row order. */
export interface ColumnBuilder {
  push(value: string, line: number): void;
}

export interface NumberColumn extends ColumnBuilder {
  /** All values so far. */
  values(): Float32Array | Float64Array;
}

/** A column that must hold finite numbers; `path` and `name` are for messages. Errors: FILE_FORMAT. */
export function numberColumn(path: string, name: string, type: "float32" | "float64"): NumberColumn {
  const largest = type === "float32" ? 3.4028234663852886e38 : Number.MAX_VALUE;
  let data = type === "float32" ? new Float32Array(1024) : new Float64Array(1024);
  let length = 0;
  return {
    push(value, line) {
      const number = Number(value);
      // Written so that NaN fails too; Number takes blank text for 0.
      if (!(Math.abs(number) <= largest) || (number === 0 && value.trim() === "")) {
        throw notNumber(path, name, value, line, type);
      }
      if (length === data.length) data = grown(data);
      data[length++] = number;
    },
    values: () => data.subarray(0, length),
  };
}

export interface TextColumn extends ColumnBuilder {
  /** The distinct values, in order of appearance, each with the line where it first stands. */
  distinct(): readonly { readonly value: string; readonly line: number }[];
  /** Indices into `distinct`, one per row. */
  codes(): Int32Array;
  /** One string per row. */
  values(): string[];
}

/** A column of text; each distinct value is kept once, plus 4 bytes per row. */
export function textColumn(): TextColumn {
  const codeOf = new Map<string, number>();
  const distinct: { value: string; line: number }[] = [];
  let data = new Int32Array(1024);
  let length = 0;
  const codes = () => data.subarray(0, length);
  return {
    push(value, line) {
      let code = codeOf.get(value);
      if (code === undefined) {
        code = distinct.length;
        codeOf.set(value, code);
        distinct.push({ value, line });
      }
      if (length === data.length) data = grown(data);
      data[length++] = code;
    },
    distinct: () => distinct,
    codes,
    values: () => Array.from(codes(), (code) => distinct[code].value),
  };
}

function grown<A extends Float32Array | Float64Array | Int32Array>(data: A): A {
  const larger = new (data.constructor as new (length: number) => A)(data.length * 2);
  larger.set(data);
  return larger;
}

function notNumber(path: string, name: string, value: string, line: number, type: string): MillraceError {
  const shown = value.length > 40 ? `${value.slice(0, 40)}…` : value;
  return new MillraceError(
    "FILE_FORMAT",
    `column "${name}" must hold finite ${type} numbers, was ${JSON.stringify(shown)}`,
    {
      where: [`${path}:${line}`],
      hint: "Correct the value, or choose columns with `features` and `label`.",
    },
  );
}
