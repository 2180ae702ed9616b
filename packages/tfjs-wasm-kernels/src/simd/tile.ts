/** The innermost loop of matrix products and convolutions: a tile of sums that stays in registers. */
import { Assembler, f32x4, i32, increase, type Local, repeat } from "../assembler/assembler.js";
import type { Code, FunctionCode } from "../assembler/encoding.js";

/** Bytes of one vector. */
export const vectorBytes = 16;

/**
 * Eight sums, two vectors of b and four of a fit the 15 registers that V8 uses on x64, as it loads before it computes.
 * Larger tiles and unrolled loops spill: they reach half the speed.
 */
export const tileRows = 4;
export const tileVectors = 2;

/** A tile's parameters in their order, in bytes but for the two counts, which are above 0. */
const parameters = [
  "a",
  "b",
  "c",
  "initial",
  "outer",
  "inner",
  "aRow",
  "aOuter",
  "aInner",
  "bOuter",
  "bInner",
  "cRow",
  "initialRow",
] as const;

/**
 * c[r, n] = max(floor, initial[r, n] + Σ over o < outer, i < inner of a[r · aRow + o · aOuter + i · aInner] ·
 * b[o · bOuter + i · bInner + n]) for all r < rows and n < 4 · vectors.
 */
export function tile(rows: number, vectors: number): FunctionCode {
  const code = new Assembler();
  const at = code.parameters(...parameters);
  const floor = code.parameter("f32");
  const [outerLeft, innerLeft, b] = code.locals("i32", 3);
  const a = code.locals("i32", rows);
  const sums = code.locals("v128", rows * vectors);
  const row = code.locals("v128", vectors);
  const factor = code.local("v128");
  const sum = (r: number, v: number): Local => sums[r * vectors + v];
  const lines = (line: (r: number) => Code): Code => Array.from({ length: rows }, (_, r) => line(r)).flat();
  const cells = (cell: (v: number) => Code): Code => row.flatMap((_, v) => cell(v));
  const multiplyAndAdd: Code = [
    ...cells((v) => row[v].set(f32x4.load(b.get, v * vectorBytes))),
    ...lines((r) => [
      ...factor.set(f32x4.loadSplat(a[r].get)),
      ...cells((v) => sum(r, v).set(f32x4.add(sum(r, v).get, f32x4.multiply(factor.get, row[v].get)))),
    ]),
    ...lines((r) => increase(a[r], at.aInner.get)),
    ...increase(b, at.bInner.get),
  ];
  const alongOuter: Code = [
    ...lines((r) => a[r].set(r === 0 ? at.a.get : i32.add(a[r - 1].get, at.aRow.get))),
    ...b.set(at.b.get),
    ...repeat(innerLeft, at.inner.get, multiplyAndAdd),
    ...increase(at.a, at.aOuter.get),
    ...increase(at.b, at.bOuter.get),
  ];
  const bounded = (r: number, v: number): Code => f32x4.maximum(sum(r, v).get, f32x4.splat(floor.get));
  return code.finish(`tile${rows}x${vectors}`, [
    ...lines((r) => [
      ...cells((v) => sum(r, v).set(f32x4.load(at.initial.get, v * vectorBytes))),
      ...increase(at.initial, at.initialRow.get),
    ]),
    ...repeat(outerLeft, at.outer.get, alongOuter),
    ...lines((r) => [
      ...cells((v) => f32x4.store(at.c.get, bounded(r, v), v * vectorBytes)),
      ...increase(at.c, at.cRow.get),
    ]),
  ]);
}
