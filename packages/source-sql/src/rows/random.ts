/** Rows by their indices: one query per sample, or one per batch, put back into the asked order. */
import { checkIndex } from "@millrace/core";
import { type Awaitable, type Driver, type SqlRow, whenReady } from "../driver.js";
import { deleted } from "./faults.js";
import type { Keys } from "./keys.js";
import type { Opening } from "./opening.js";
import { bearsRounding } from "./sample.js";
import { selectOf } from "./select.js";

export interface RandomRows {
  /** Where features, label and columns begin in a row of `many`. */
  readonly start: number;
  /** The row at an index, without its key. */
  one(index: number): Awaitable<SqlRow>;
  /** The rows at these indices, in their order. @throws MillraceError TABLE_INVALID for one that was deleted. */
  many(indices: readonly number[]): Awaitable<readonly SqlRow[]>;
}

export function randomRows(driver: Driver, opening: Opening, keys: Keys): RandomRows {
  const select = selectOf(driver.dialect, opening, keys);
  const exact = keys.exact || !bearsRounding(opening.layout);
  const missing = (index: number) => deleted(opening.relation.name, keys.name(index), driver.name);
  return {
    start: select.start,
    one(index) {
      const { sql, values } = select.one(keys.at(checkIndex(index, keys.length)));
      return whenReady(driver.rows(sql, values, { exact: true, one: true }), ([row]) => {
        if (row === undefined) throw missing(index);
        return row;
      });
    },
    many(indices) {
      for (const index of indices) checkIndex(index, keys.length);
      if (indices.length === 0) return [];
      const asked = indices.map((index) => keys.at(index));
      const ids = indices.map((index) => keys.id(index));
      const byId = (found: readonly SqlRow[]): Map<unknown, SqlRow> => {
        const rows = new Map<unknown, SqlRow>();
        for (const row of found) rows.set(keys.idOf(row), row);
        return rows;
      };
      const inOrder = (rows: Map<unknown, SqlRow>): SqlRow[] =>
        ids.map((id, i) => {
          const row = rows.get(id);
          if (row === undefined) throw missing(indices[i]);
          return row;
        });
      const { sql, values } = select.many(asked);
      return whenReady(driver.rows(sql, values, { exact }), (found) => {
        const rows = byId(found);
        if (select.checked === undefined || ids.every((id) => rows.has(id))) return inOrder(rows);
        // A row that holds no numbers, or is gone: which of the two, and where.
        const { sql, values } = select.checked(asked);
        return whenReady(driver.rows(sql, values, { exact }), (found) => inOrder(byId(found)));
      });
    },
  };
}
