/** Whole numbers as mysql2 returns them, made what a driver returns. */
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
