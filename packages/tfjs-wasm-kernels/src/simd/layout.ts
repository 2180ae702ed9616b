/** Moves numbers into the order in which products read them. */
import {
  Assembler,
  copy,
  f32,
  f32x4,
  i32,
  increase,
  loopWhile,
  repeat,
  when,
} from "../assembler/assembler.js";
import type { FunctionCode } from "../assembler/encoding.js";
import { tileVectors, vectorBytes } from "./tile.js";

/** Columns of a panel. */
export const panelColumns = 4 * tileVectors;
/** Bytes of a panel's row. */
export const panelRowBytes = vectorBytes * tileVectors;

export const packParameters = ["from", "to", "rows", "columns", "fromRow", "fromColumn", "toPanel"] as const;

/**
 * Writes the matrix whose elements lie fromRow and fromColumn bytes apart as panels of eight columns, toPanel bytes
 * apart; the last is filled up with zeros.
 */
export function pack(): FunctionCode {
  const code = new Assembler();
  const at = code.parameters(...packParameters);
  const [left, width, row, target, element, place, count] = code.locals("i32", 7);
  const zero = code.local("v128");
  const vectors = Array.from({ length: tileVectors }, (_, v) => v * vectorBytes);
  const isWhole = i32.and(
    i32.isEqual(at.fromColumn.get, i32.constant(4)),
    i32.isEqual(width.get, i32.constant(panelColumns)),
  );
  const oneByOne = [
    ...vectors.flatMap((offset) => f32x4.store(target.get, zero.get, offset)),
    ...element.set(row.get),
    ...place.set(target.get),
    ...repeat(count, width.get, [
      ...f32.store(place.get, f32.load(element.get)),
      ...increase(element, at.fromColumn.get),
      ...increase(place, i32.constant(4)),
    ]),
  ];
  const panel = [
    ...width.set(i32.constant(panelColumns)),
    ...when(i32.isLess(at.columns.get, width.get), width.set(at.columns.get)),
    ...row.set(at.from.get),
    ...target.set(at.to.get),
    ...repeat(left, at.rows.get, [
      ...when(
        isWhole,
        vectors.flatMap((offset) => f32x4.store(target.get, f32x4.load(row.get, offset), offset)),
        oneByOne,
      ),
      ...increase(row, at.fromRow.get),
      ...increase(target, i32.constant(panelRowBytes)),
    ]),
    ...increase(at.from, i32.multiply(at.fromColumn.get, width.get)),
    ...increase(at.to, at.toPanel.get),
    ...at.columns.set(i32.subtract(at.columns.get, width.get)),
  ];
  return code.finish("pack", loopWhile(at.columns.get, panel));
}

export const placeParameters = [
  "from",
  "to",
  "rows",
  "columns",
  "bytes",
  "fromRow",
  "fromColumn",
  "toRow",
  "toColumn",
] as const;

/** Copies rows × columns pieces of so many bytes; both counts are above 0. */
export function place(): FunctionCode {
  const code = new Assembler();
  const at = code.parameters(...placeParameters);
  const [rowsLeft, columnsLeft, from, to] = code.locals("i32", 4);
  return code.finish(
    "place",
    repeat(rowsLeft, at.rows.get, [
      ...from.set(at.from.get),
      ...to.set(at.to.get),
      ...repeat(columnsLeft, at.columns.get, [
        ...copy(to.get, from.get, at.bytes.get),
        ...increase(from, at.fromColumn.get),
        ...increase(to, at.toColumn.get),
      ]),
      ...increase(at.from, at.fromRow.get),
      ...increase(at.to, at.toRow.get),
    ]),
  );
}
