/** Covers whole matrices, or all rows of an image, with tiles. */
import { Assembler, call, i32, increase, loopWhile, repeat, when } from "../assembler/assembler.js";
import type { Code, FunctionCode } from "../assembler/encoding.js";
import { tile, tileRows, tileVectors, vectorBytes } from "./tile.js";

/** The function's parameters in their order; what is not a count is in bytes, and counts are above 0. */
export const productParameters = [
  "a",
  "b",
  "c",
  "initial",
  "planes",
  "rows",
  "vectors",
  "outer",
  "inner",
  "aPlane",
  "aRow",
  "aOuter",
  "aInner",
  "bPanel",
  "bOuter",
  "bInner",
  "cPlane",
  "cRow",
  "initialPlane",
  "initialRow",
] as const;

type Required = "a" | "b" | "c" | "initial" | "planes" | "rows" | "vectors" | "outer" | "inner" | "floor";

/** What `product` takes; distances that are not given are 0. */
export type ProductArguments = Readonly<
  Record<Required, number> & Partial<Record<(typeof productParameters)[number], number>>
>;

/** Every tile, those of one vector first. They have to be the first functions of the module, in this order. */
export const tiles: readonly FunctionCode[] = [1, tileVectors].flatMap((vectors) =>
  Array.from({ length: tileRows }, (_, i) => tile(i + 1, vectors)),
);

/**
 * For each plane p < planes, c[p, r, n] = max(floor, initial[p, r, n] + Σ over o < outer, i < inner of a[p · aPlane +
 * r · aRow + o · aOuter + i · aInner] · b[o · bOuter + i · bInner + n]) for r < rows and n < 4 · vectors. Of b and c,
 * columns go by panels of eight; those of b lie bPanel bytes apart. `initial` may be c itself.
 */
export function product(): FunctionCode {
  const code = new Assembler();
  const at = code.parameters(...productParameters);
  const floor = code.parameter("f32");
  const [planesLeft, rowsLeft, aPlane, cPlane, initialPlane, a, c, initial] = code.locals("i32", 8);
  const tileOf = (rows: number, vectors: number): Code =>
    call(
      (vectors - 1) * tileRows + rows - 1,
      ...[a, at.b, c, initial, at.outer, at.inner, at.aRow, at.aOuter, at.aInner].map((local) => local.get),
      ...[at.bOuter, at.bInner, at.cRow, at.initialRow, floor].map((local) => local.get),
    );
  const times = (local: { readonly get: Code }, count: number): Code =>
    i32.multiply(local.get, i32.constant(count));
  const rest = (vectors: number, rows = tileRows - 1): Code =>
    rows === 0
      ? []
      : when(i32.isEqual(rowsLeft.get, i32.constant(rows)), tileOf(rows, vectors), rest(vectors, rows - 1));
  const plane = (vectors: number): Code => [
    ...a.set(aPlane.get),
    ...c.set(cPlane.get),
    ...initial.set(initialPlane.get),
    ...rowsLeft.set(at.rows.get),
    ...loopWhile(i32.isLess(i32.constant(tileRows - 1), rowsLeft.get), [
      ...tileOf(tileRows, vectors),
      ...increase(a, times(at.aRow, tileRows)),
      ...increase(c, times(at.cRow, tileRows)),
      ...increase(initial, times(at.initialRow, tileRows)),
      ...increase(rowsLeft, i32.constant(-tileRows)),
    ]),
    ...rest(vectors),
    ...increase(aPlane, at.aPlane.get),
    ...increase(cPlane, at.cPlane.get),
    ...increase(initialPlane, at.initialPlane.get),
  ];
  const panel = (vectors: number): Code => [
    ...aPlane.set(at.a.get),
    ...cPlane.set(at.c.get),
    ...initialPlane.set(at.initial.get),
    ...repeat(planesLeft, at.planes.get, plane(vectors)),
  ];
  return code.finish("product", [
    ...loopWhile(i32.isLess(i32.constant(tileVectors - 1), at.vectors.get), [
      ...panel(tileVectors),
      ...increase(at.b, at.bPanel.get),
      ...increase(at.c, i32.constant(tileVectors * vectorBytes)),
      ...increase(at.initial, i32.constant(tileVectors * vectorBytes)),
      ...increase(at.vectors, i32.constant(-tileVectors)),
    ]),
    ...when(at.vectors.get, panel(1)),
  ]);
}
