/** Whole numbers as mysql2 returns them, made what a driver returns; and values as it takes them. */
import type { SqlBound, SqlValue } from "../driver.js";
import type { ResultField } from "./describe.js";

export interface Convert {
  readonly column: number;
  readonly make: (value: number | string) => number | bigint;
}

/** Whole numbers: eight bytes arrive as digits, others as numbers. */
export function converters(fields: readonly ResultField[], exact: boolean | readonly boolean[]): Convert[] {
  return fields.flatMap(({ columnType }, column) => {
    const wide = columnType === 8;
    const whole =
      wide ||
      columnType === 1 ||
      columnType === 2 ||
      columnType === 3 ||
      columnType === 9 ||
      columnType === 13;
    const big = typeof exact === "boolean" ? exact : exact[column];
    if (!whole || (!big && !wide)) return [];
    return [{ column, make: big ? BigInt : Number }];
  });
}

/** Converts a row in its place. */
export function convertRow(row: SqlValue[], convert: readonly Convert[]): void {
  for (const { column, make } of convert) {
    const value = row[column];
    if (value !== null) row[column] = make(value as number | string);
  }
}

/** A value as mysql2 takes it. */
export function parameter(value: SqlBound): string | number | Uint8Array | null {
  if (typeof value === "bigint") return String(value);
  if (value !== null && typeof value === "object" && !(value instanceof Uint8Array))
    throw new TypeError("a list");
  return value;
}
