/** Rows that nothing identifies: one after the other as the database gives them. */
import type { ImageReader, IterableDataset, SampleStream } from "@millrace/core";
import type { Driver, SqlRow } from "../driver.js";
import { factsOf } from "./facts.js";
import type { Opening } from "./opening.js";
import { rowReader, type SqlSample } from "./sample.js";
import { selectOf } from "./select.js";

/** Every shard reads all rows and gives its own of them in turn: only the database could share them out. */
export function unkeyedRows(
  driver: Driver,
  opening: Opening,
  length: number,
  images?: ImageReader,
): IterableDataset<SqlSample> {
  const { relation, layout, types, where } = opening;
  const { dialect } = driver;
  const { listed } = selectOf(dialect, opening, { parts: [] });
  const filter = where.length === 0 ? "" : ` WHERE ${where.join(" AND ")}`;
  const sql = `SELECT ${listed.join(", ")} FROM ${relation.from}${filter}`;
  const reader = rowReader(layout, relation, dialect, images);
  return {
    length,
    lengthOf: ({ id, count }) => Math.floor((length - id + count - 1) / count),
    fields: types,
    facts: factsOf(layout),
    description: `${relation.prefix} in no order, ${length} rows`,
    iterate({ shard, state }): SampleStream<SqlSample> {
      let given = (state as { rows: number } | undefined)?.rows ?? 0;
      let left = false;
      const rows = rowsOf(driver, sql, relation.values, (index) => {
        return index % shard.count === shard.id && Math.floor(index / shard.count) >= given;
      });
      return {
        goesOn: true,
        async next() {
          const { done, value } = left ? { done: true as const, value: undefined } : await rows.next();
          if (done) return { done: true, value: undefined };
          const place = given++ * shard.count + shard.id;
          const name = (): string => `row ${place}`;
          return { done: false, value: reader.sample(value, 0, name), key: place };
        },
        state: () => ({ rows: given }),
        async return() {
          left = true;
          await rows.return(undefined);
        },
      };
    },
    close: () => driver.close(),
  };
}

async function* rowsOf(
  driver: Driver,
  sql: string,
  values: Opening["relation"]["values"],
  wanted: (index: number) => boolean,
): AsyncGenerator<SqlRow, undefined> {
  let index = 0;
  for await (const rows of driver.stream(sql, values, { exact: true })) {
    for (const row of rows) if (wanted(index++)) yield row;
  }
  return undefined;
}
