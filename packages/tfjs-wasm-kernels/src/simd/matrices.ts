/** Matrix products, with either side transposed, by our own SIMD code. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { panelColumns, panelRowBytes } from "./layout.js";
import { type Machine, paddedBytes } from "./machine.js";

/** Bytes of a and c that are worked on at once, so that they stay in the second cache beside a panel of b. */
const blockBytes = 192 * 1024;

/** One product c = max(floor, a · b + bias), or several of the same extents. */
export interface Product {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** For each product, which matrix of a and which of b is multiplied; the result is that of c. */
  readonly pairs: readonly (readonly [a: number, b: number])[];
  readonly bias?: TensorInfo | undefined;
  readonly floor: number;
}

/** All extents are above 0. */
export function multiply(machine: Machine, a: TensorInfo, b: TensorInfo, c: TensorInfo, of: Product): void {
  const { rows, inner, columns } = of;
  const panel = inner * panelRowBytes;
  const panels = Math.ceil(columns / panelColumns) * panel;
  const isWhole = columns % 4 === 0;
  const sizes = [panels, paddedBytes(columns), isWhole ? 0 : rows * paddedBytes(columns)] as const;
  machine.withScratch(sizes, (packed, initial, spare) => {
    machine.clear(initial, sizes[1]);
    if (of.bias) machine.copy({ from: machine.address(of.bias), to: initial, bytes: columns * 4 });
    let held = -1;
    for (const [i, [left, right]] of of.pairs.entries()) {
      if (right !== held) {
        const from = machine.address(b) + right * inner * columns * 4;
        const [fromRow, fromColumn] = of.transposeB ? [4, inner * 4] : [columns * 4, 4];
        machine.pack({ from, to: packed, rows: inner, columns, fromRow, fromColumn, toPanel: panel });
        held = right;
      }
      const from = machine.address(a) + left * rows * inner * 4;
      const to = machine.address(c) + i * rows * columns * 4;
      const bytes = isWhole ? columns * 4 : paddedBytes(columns);
      multiplyBlocks(machine, of, { from, packed, to: isWhole ? to : spare, initial, bytes, panel });
      if (isWhole) continue;
      machine.copy({ from: spare, to, rows, bytes: columns * 4, fromRow: bytes, toRow: columns * 4 });
    }
  });
}

interface Places {
  readonly from: number;
  readonly packed: number;
  readonly to: number;
  readonly initial: number;
  /** Of a row of c. */
  readonly bytes: number;
  readonly panel: number;
}

function multiplyBlocks(
  machine: Machine,
  { rows, inner, columns, transposeA, floor }: Product,
  { from, packed, to, initial, bytes, panel }: Places,
): void {
  const [aRow, aInner] = transposeA ? [4, rows * 4] : [inner * 4, 4];
  const block = Math.max(4, 4 * Math.floor(blockBytes / (inner * 4 + bytes) / 4));
  for (let row = 0; row < rows; row += block) {
    machine.product({
      a: from + row * aRow,
      b: packed,
      c: to + row * bytes,
      initial,
      planes: 1,
      rows: Math.min(block, rows - row),
      vectors: Math.ceil(columns / 4),
      outer: 1,
      inner,
      aRow,
      aInner,
      bPanel: panel,
      bInner: panelRowBytes,
      cRow: bytes,
      floor,
    });
  }
}

/**
 * c[n] = Σ over rows of weight · a[row, n]. Blocks of rows are summed first, so that what is lost by rounding does not
 * grow with the rows: one sum over a million equal numbers would be off by a hundredth.
 */
export function sumRows(
  machine: Machine,
  a: TensorInfo,
  c: TensorInfo,
  { rows, columns, weight }: Readonly<Record<"rows" | "columns" | "weight", number>>,
): void {
  const block = Math.max(1024, Math.ceil(Math.sqrt(rows)));
  const blocks = Math.ceil(rows / block);
  const bytes = paddedBytes(columns);
  machine.withScratch([4, 4, bytes, blocks * bytes, bytes], (one, factor, zero, parts, sums) => {
    machine.write(one, Float32Array.of(1));
    machine.write(factor, Float32Array.of(weight));
    machine.clear(zero, bytes);
    const sum = (b: number, count: number, bInner: number, by: number, to: number): void =>
      machine.product({
        a: by,
        b,
        c: to,
        initial: zero,
        planes: 1,
        rows: 1,
        vectors: Math.ceil(columns / 4),
        outer: 1,
        inner: count,
        bPanel: panelRowBytes,
        bInner,
        floor: Number.NEGATIVE_INFINITY,
      });
    for (let i = 0; i < blocks; i++) {
      const first = i * block;
      const from = machine.address(a) + first * columns * 4;
      sum(from, Math.min(block, rows - first), columns * 4, one, parts + i * bytes);
    }
    sum(parts, blocks, bytes, factor, sums);
    machine.copy({ from: sums, to: machine.address(c), bytes: columns * 4 });
  });
}
