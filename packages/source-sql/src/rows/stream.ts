/** Rows one after the other in the order of their keys, page by page: nothing is kept of those that were given. */
import type { ImageReader, IterableDataset, SampleStream, StreamContext } from "@millrace/core";
import type { Driver, Key, SqlRow, SqlValue } from "../driver.js";
import { compared } from "./compare.js";
import { shown } from "./faults.js";
import { factsOf } from "./facts.js";
import type { Opening } from "./opening.js";
import { rowReader, type SqlSample } from "./sample.js";
import { selectOf } from "./select.js";
import type { Tiles } from "./tiles.js";

/** Where a pass stands: the tile that is read, and the last key of it that was given. Plain JSON. */
interface Place {
  readonly tile: number;
  readonly key?: readonly (number | string)[];
}

type Shard = StreamContext["shard"];

/** The stream of an opening; closing it closes the driver. */
export function streamedRows(
  driver: Driver,
  opening: Opening,
  tiles: Tiles,
  images?: ImageReader,
): IterableDataset<SqlSample> {
  const { relation, layout, types } = opening;
  const { starts, step, length, parts } = tiles;
  const firstOf = ({ id, count }: Shard): number => Math.floor((id * starts.length) / count);
  const lengthOf = ({ id, count }: Shard): number => {
    const [first, end] = [firstOf({ id, count }), firstOf({ id: id + 1, count })];
    return Math.min(length, end * step) - Math.min(length, first * step);
  };
  return {
    length,
    lengthOf,
    fields: types,
    facts: factsOf(layout),
    description: `${relation.prefix} by ${parts.map(({ name }) => name).join(", ")}, ${length} rows`,
    iterate({ shard, state }) {
      const page = pageReader(driver, opening, tiles, images);
      return new Pass(page, { ...shardOf(shard, firstOf), place: state as Place | undefined });
    },
    close: () => driver.close(),
  };
}

function shardOf({ id, count }: Shard, firstOf: (shard: Shard) => number) {
  return { first: firstOf({ id, count }), end: firstOf({ id: id + 1, count }) };
}

interface Page {
  readonly rows: readonly SqlRow[];
  sample(row: SqlRow): SqlSample;
  key(row: SqlRow): string;
  place(row: SqlRow): readonly (number | string)[];
}

type ReadPage = (tile: number, after: Place["key"]) => Promise<Page>;

function pageReader(driver: Driver, opening: Opening, tiles: Tiles, images?: ImageReader): ReadPage {
  const { dialect } = driver;
  const { relation, layout, where } = opening;
  const { parts, starts, last } = tiles;
  const reader = rowReader(layout, relation, dialect, images);
  const { start, listed } = selectOf(dialect, opening, tiles);
  const order = parts.map((part) => dialect.order(part));
  const key = (row: SqlRow): string =>
    parts
      .map(({ name }, i) => `${name}=${typeof row[i] === "string" ? shown(row[i], dialect) : String(row[i])}`)
      .join(" ");
  return async (tile, after) => {
    const from = after === undefined ? starts[tile] : after.map((value, i) => keyOf(value, parts[i].kind));
    const isLast = tile + 1 === starts.length;
    const low = compared(dialect, parts, after === undefined ? ">=" : ">", from);
    const high = compared(dialect, parts, isLast ? "<=" : "<", isLast ? last : starts[tile + 1]);
    const conditions = [...where, low.sql, high.sql];
    const sql = `SELECT ${listed.join(", ")} FROM ${relation.from} WHERE ${conditions.join(" AND ")} ORDER BY ${order.join(", ")}`;
    const values = [...relation.values, ...low.values, ...high.values];
    const columns = listed.map((): SqlValue[] => []);
    const count = await driver.fill(sql, values, columns);
    return {
      rows: Array.from({ length: count }, (_, row) => columns.map((column) => column[row])),
      sample: (row) => reader.sample(row, start, () => key(row)),
      key: (row) => `${relation.prefix} ${key(row)}`,
      place: (row) => row.slice(0, start).map((value) => (typeof value === "number" ? value : String(value))),
    };
  };
}

function keyOf(value: number | string, kind: "int" | "text"): Key {
  return kind === "int" ? BigInt(value) : String(value);
}

class Pass implements SampleStream<SqlSample> {
  readonly goesOn = true;
  readonly #read: ReadPage;
  readonly #end: number;
  #tile: number;
  #after: Place["key"];
  #page: Page | undefined;
  #row = 0;
  #left = false;

  constructor(
    read: ReadPage,
    { first, end, place }: { first: number; end: number; place: Place | undefined },
  ) {
    this.#read = read;
    this.#end = end;
    this.#tile = place?.tile ?? first;
    this.#after = place?.key;
  }

  async next() {
    while (!this.#left && this.#tile < this.#end) {
      this.#page ??= await this.#read(this.#tile, this.#after);
      const page = this.#page;
      if (this.#row === page.rows.length) {
        this.#page = undefined;
        this.#after = undefined;
        this.#row = 0;
        this.#tile++;
        continue;
      }
      const row = page.rows[this.#row++];
      // Behind a row that cannot be a sample the pass goes on.
      this.#after = page.place(row);
      return { done: false as const, value: page.sample(row), key: page.key(row) };
    }
    return { done: true as const, value: undefined };
  }

  state(): Place {
    return { tile: this.#tile, ...(this.#after && { key: this.#after }) };
  }

  return(): void {
    this.#left = true;
    this.#page = undefined;
  }
}
