/** Rows by their indices: one query per sample, or one per batch, put back into the asked order. */
import { checkIndex } from "@millrace/core";
import { type Awaitable, type Driver, type Key, type SqlRow, whenReady } from "../driver.js";
import { ascending } from "./ascending.js";
import { deleted } from "./faults.js";
import type { Keys } from "./keys.js";
import type { Opening } from "./opening.js";
import { bearsRounding } from "./sample.js";
import { selectOf } from "./select.js";

export interface FoundRows {
  readonly rows: readonly SqlRow[];
  /** Where features, label and columns begin in a row. */
  readonly start: number;
}

export interface RandomRows {
  /** The row at an index, without its key. */
  one(index: number): Awaitable<SqlRow>;
  /** The rows at these indices, in their order. @throws MillraceError TABLE_INVALID for one that was deleted. */
  many(indices: readonly number[]): Awaitable<FoundRows>;
}

export function randomRows(driver: Driver, opening: Opening, keys: Keys): RandomRows {
  const select = selectOf(driver.dialect, opening, keys);
  const exact = keys.exact || !bearsRounding(opening.layout);
  const missing = (index: number) => deleted(opening.relation.name, keys.name(index), driver.name);
  /** By a query that tells which row is whose. */
  const byKeys = (indices: readonly number[]): Awaitable<FoundRows> => {
    const asked = indices.map((index) => keys.at(index));
    const ids = indices.map((index) => keys.id(index));
    const byId = (found: readonly SqlRow[]): Map<unknown, SqlRow> => {
      const rows = new Map<unknown, SqlRow>();
      for (const row of found) rows.set(keys.idOf(row), row);
      return rows;
    };
    const inOrder = (rows: Map<unknown, SqlRow>): FoundRows => ({
      start: select.start,
      rows: ids.map((id, i) => {
        const row = rows.get(id);
        if (row === undefined) throw missing(indices[i]);
        return row;
      }),
    });
    const { sql, values } = select.many(asked);
    return whenReady(driver.rows(sql, values, { exact }), (found) => {
      const rows = byId(found);
      if (select.checked === undefined || ids.every((id) => rows.has(id))) return inOrder(rows);
      // A row that holds no numbers, or is gone: which of the two, and where.
      const { sql, values } = select.checked(asked);
      return whenReady(driver.rows(sql, values, { exact }), (found) => inOrder(byId(found)));
    });
  };
  return {
    one(index) {
      const { sql, values } = select.one(keys.at(checkIndex(index, keys.length)));
      return whenReady(driver.rows(sql, values, { exact: true, one: true }), ([row]) => {
        if (row === undefined) throw missing(index);
        return row;
      });
    },
    many(indices) {
      for (const index of indices) checkIndex(index, keys.length);
      if (indices.length === 0) return { rows: [], start: 0 };
      const order = select.ordered && ascending(indices);
      if (select.ordered === undefined || order === undefined) return byKeys(indices);
      const sorted: (readonly Key[])[] = [];
      for (const place of order) sorted.push(keys.at(indices[place]));
      const { sql, values } = select.ordered(sorted);
      return whenReady(driver.rows(sql, values, { exact }), (found) => {
        if (found.length !== indices.length) return byKeys(indices);
        const rows = new Array<SqlRow>(indices.length);
        for (let i = 0; i < order.length; i++) rows[order[i]] = found[i];
        return { rows, start: 0 };
      });
    },
  };
}
