/** Neighbouring rows by what costs less: the first key and the last, or all of them. */
import type { Condition } from "../driver.js";
import type { Keys } from "./keys.js";
import type { Select } from "./select.js";

/** To look a row up by its key costs as much as to pass over so many. */
const lookup = 16;

interface Rows {
  readonly select: Select;
  readonly keys: Keys;
}

/** True where so many rows are asked for by all of their keys. */
export function areListed({ select, keys }: Rows, count: number): boolean {
  return select.listsTexts && count * lookup < keys.length;
}

/** The rows from `start` to before `end`, in that order, and others that stand between them. */
export function between(rows: Rows, start: number, end: number, columns?: readonly string[]): Condition {
  const { select, keys } = rows;
  if (!areListed(rows, end - start)) return select.range(keys.at(start), keys.at(end - 1), columns);
  return select.sorted(
    Array.from({ length: end - start }, (_, i) => keys.at(start + i)),
    columns,
  );
}
