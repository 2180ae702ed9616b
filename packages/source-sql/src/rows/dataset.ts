/** The dataset over rows whose keys are known. */
import {
  type Allocator,
  checkIndex,
  type Dataset,
  defaultCollate,
  type ImageReader,
  type IterableDataset,
} from "@millrace/core";
import { type Driver, whenReady } from "../driver.js";
import { blockRows } from "./blocks.js";
import { columnReader } from "./column.js";
import { factsOf } from "./facts.js";
import { keysOf } from "./keys.js";
import type { AccessOptions, Opening } from "./opening.js";
import { orderedBatches } from "./ordered.js";
import { type FoundRows, randomRows } from "./random.js";
import { type RowReader, rowReader, type SqlSample } from "./sample.js";
import { Scanning } from "./scanning.js";
import { Scratch } from "./scratch.js";
import { selectOf } from "./select.js";
import { streamedRows } from "./stream.js";
import { unkeyedRows } from "./unkeyed.js";

/** The rows of an opening, in the way that was asked for; closing them closes the driver. */
export function openRows(
  driver: Driver,
  opening: Opening,
  options: AccessOptions,
  images?: ImageReader,
): Dataset<SqlSample> | IterableDataset<SqlSample> {
  if (opening.tiles !== undefined) return streamedRows(driver, opening, opening.tiles, images);
  if (opening.length !== undefined) return unkeyedRows(driver, opening, opening.length, images);
  return keyedRows(driver, opening, options, images);
}

/** Rows with images that a block holds at most: encoded they take a thousand times the memory that numbers do. */
const mostImages = 256;

/** The dataset of an opening, in ascending order of the keys; closing it closes the driver. */
export function keyedRows(
  driver: Driver,
  opening: Opening,
  { access = "random", blockSize = 16_384 }: AccessOptions = {},
  images?: ImageReader,
): Dataset<SqlSample> {
  const { relation, layout, key } = opening;
  const keys = keysOf(opening.keys, key, driver.dialect);
  const reader = rowReader(layout, relation, driver.dialect, images);
  const rows = randomRows(driver, opening, keys);
  const select = selectOf(driver.dialect, opening, keys);
  const scratch = new Scratch(driver.dialect);
  const scanning = new Scanning(driver, select, keys);
  const reading = { driver, opening, keys, reader, select, scratch, scanning };
  const ordered = images === undefined ? orderedBatches(reading) : undefined;
  const size = images === undefined ? blockSize : Math.min(blockSize, mostImages);
  const blocks = access === "blocks" ? blockRows(reading, rows, size) : undefined;
  return {
    length: keys.length,
    facts: factsOf(layout),
    fields: opening.types,
    key: (index) => `${relation.prefix} ${keys.name(checkIndex(index, keys.length))}`,
    get(index) {
      if (blocks !== undefined) return blocks.sample(index);
      return whenReady(rows.one(index), (row) => reader.sample(row, 0, () => keys.name(index)));
    },
    getMany(indices) {
      if (blocks?.together(indices)) return inTurn(indices, (index) => blocks.sample(index));
      return whenReady(rows.many(indices), ({ rows, start }) =>
        rows.map((row, i) => reader.sample(row, start, () => keys.name(indices[i]))),
      );
    },
    // Images are made of samples.
    ...(images === undefined && {
      getBatch(indices, _context, allocator) {
        const numbers = blocks?.together(indices);
        if (blocks !== undefined && numbers !== undefined) return blocks.batch(indices, numbers, allocator);
        const byRows = (): unknown =>
          whenReady(rows.many(indices), (found) =>
            batchOf(found, opening, reader, (i) => keys.name(indices[i]), allocator),
          );
        return ordered === undefined
          ? byRows()
          : whenReady(ordered(indices, allocator), (batch) => batch ?? byRows());
      },
    }),
    column: columnReader(driver, opening, reader, keys),
    close: () => driver.close(),
  };
}

async function inTurn<T>(indices: readonly number[], read: (index: number) => Promise<T>): Promise<T[]> {
  const samples: T[] = [];
  for (const index of indices) samples.push(await read(index));
  return samples;
}

/** What collating the samples of `rows` gives, without a sample's own array of features. */
function batchOf(
  { rows, start }: FoundRows,
  { layout, types }: Opening,
  reader: RowReader,
  nameOf: (i: number) => string,
  allocator: Allocator,
): unknown {
  const count = layout.features.length;
  const features = count > 0 ? allocator.allocate("float32", [rows.length, count]) : undefined;
  const target = features?.data as Float32Array;
  let at = 0;
  const name = (): string => nameOf(at);
  const others: Record<string, unknown>[] = [];
  for (at = 0; at < rows.length; at++) {
    if (count > 0) reader.features(rows[at], start, name, target, at * count);
    others.push(reader.others(rows[at], start + count, name));
  }
  return { ...(features && { features }), ...(defaultCollate(others, allocator, types) as object) };
}
