/** Keys of several columns, compared one column after the other: not every database can compare rows. */
import type { Condition, Dialect, Key, KeyPart } from "../driver.js";

/** The condition that a row's key stands before or behind another in the order of keys, or is the same where `=` says so. */
export function compared(
  dialect: Dialect,
  parts: readonly KeyPart[],
  operator: "<" | "<=" | ">" | ">=",
  key: readonly Key[],
): Condition {
  const [part, ...others] = parts;
  const [own, ...rest] = key;
  const order = dialect.order(part);
  const bound = dialect.bound(part);
  if (others.length === 0) return { sql: `${order} ${operator} ${bound}`, values: [own] };
  const further = compared(dialect, others, operator, rest);
  const [direction] = operator;
  // The first says less than the second, but an index serves it.
  return {
    sql: `${order} ${direction}= ${bound} AND (${order} ${direction} ${bound} OR (${order} = ${bound} AND ${further.sql}))`,
    values: [own, own, own, ...further.values],
  };
}
