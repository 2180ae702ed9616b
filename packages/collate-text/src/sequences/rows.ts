/** Rows of packed documents, as arrays of a batch. */
import { type Allocator, MillraceError } from "@millrace/core";
import { type Piece, positionsOf, segmentsOf, type Strategy } from "./packing.js";
import type { Fields } from "./samples.js";
import { filled } from "./tokens.js";

/** `positionIds` count from 0 in each piece of a document, `segmentIds` number the pieces of a row from 1; padding is 0 in both. */
export function placesOf(rows: readonly Piece[][], length: number, allocator: Allocator): Fields {
  return {
    positionIds: filled(rows.map(positionsOf), { length, fill: 0, allocator }),
    segmentIds: filled(rows.map(segmentsOf), { length, fill: 0, allocator }),
  };
}

/**
 * The rows that a batch is to have. At least one: batches of only empty sequences are a row of padding.
 * @throws MillraceError COLLATE_EMPTY where everything would be dropped.
 */
export function wholeRows(
  rows: Piece[][],
  length: number,
  strategy: Strategy,
  left: "pad" | "drop",
): Piece[][] {
  if (rows.length === 0) return [[]];
  const last = rows[rows.length - 1].reduce((sum, { from, to }) => sum + to - from, 0);
  if (strategy !== "concatenate" || left === "pad" || last === length) return rows;
  if (rows.length > 1) return rows.slice(0, -1);
  throw new MillraceError(
    "COLLATE_EMPTY",
    `with remainder "drop" a batch must fill a row of ${length} steps, had ${last}`,
    { hint: "Take more samples in a batch, shorter rows, or `remainder` pad." },
  );
}
