/** The gradient of max pooling, four channels at a time. */
import {
  Assembler,
  bits,
  f32x4,
  i32,
  increase,
  type Local,
  loopWhile,
  repeat,
  when,
} from "../assembler/assembler.js";
import type { Code, FunctionCode } from "../assembler/encoding.js";
import { vectorBytes } from "./tile.js";

/** The function's parameters in their order. */
export const poolParameters = [
  "x",
  "y",
  "dy",
  "dx",
  "channels",
  "height",
  "width",
  "rows",
  "columns",
  "windowHeight",
  "windowWidth",
  "strideHeight",
  "strideWidth",
  "top",
  "left",
] as const;

/**
 * Adds the gradient dy of one image's rows × columns outputs y to dx, each to the first value of its window that equals
 * the output. x and dx are height × width pixels; the first window begins at row `top` and column `left`, which are
 * below 0 with padding. dx begins as zeros; all counts are above 0.
 */
export function poolGradient(): FunctionCode {
  const code = new Assembler();
  const at = code.parameters(...poolParameters);
  const [rowsLeft, columnsLeft, channelsLeft, left, pixel, line] = code.locals("i32", 6);
  const [fromRow, toRow, fromColumn, toColumn, channel, row, column, place] = code.locals("i32", 8);
  const [largest, gradient, taken, hit] = code.locals("v128", 4);
  /** The part of a window from `begin` that lies within the image. */
  const clip = (from: Local, to: Local, begin: Local, window: Local, extent: Local): Code => [
    ...from.set(begin.get),
    ...when(i32.isLess(from.get, i32.constant(0)), from.set(i32.constant(0))),
    ...to.set(i32.add(begin.get, window.get)),
    ...when(i32.isLess(extent.get, to.get), to.set(extent.get)),
  ];
  const scan = (load: (address: Code) => Code, store: (address: Code, value: Code) => Code): Code => {
    const target = i32.add(at.dx.get, place.get);
    return [
      ...largest.set(load(at.y.get)),
      ...gradient.set(load(at.dy.get)),
      ...taken.set(f32x4.zero),
      ...row.set(fromRow.get),
      ...loopWhile(i32.isLess(row.get, toRow.get), [
        ...place.set(i32.multiply(row.get, line.get)),
        ...increase(place, i32.multiply(fromColumn.get, pixel.get)),
        ...increase(place, channel.get),
        ...column.set(fromColumn.get),
        ...loopWhile(i32.isLess(column.get, toColumn.get), [
          ...hit.set(f32x4.isEqual(load(i32.add(at.x.get, place.get)), largest.get)),
          ...hit.set(bits.andNot(hit.get, taken.get)),
          ...taken.set(bits.or(taken.get, hit.get)),
          ...store(target, f32x4.add(load(target), bits.and(gradient.get, hit.get))),
          ...increase(place, pixel.get),
          ...increase(column, i32.constant(1)),
        ]),
        ...increase(row, i32.constant(1)),
      ]),
    ];
  };
  const advance = (count: number): Code => [
    ...[at.y, at.dy, channel].flatMap((local) => increase(local, i32.constant(4 * count))),
    ...increase(channelsLeft, i32.constant(-count)),
  ];
  const output: Code = [
    ...clip(fromColumn, toColumn, left, at.windowWidth, at.width),
    ...channel.set(i32.constant(0)),
    ...channelsLeft.set(at.channels.get),
    ...loopWhile(i32.isLess(i32.constant(3), channelsLeft.get), [
      ...scan(f32x4.load, f32x4.store),
      ...advance(vectorBytes / 4),
    ]),
    ...loopWhile(channelsLeft.get, [...scan(f32x4.loadFirst, f32x4.storeFirst), ...advance(1)]),
    ...increase(left, at.strideWidth.get),
  ];
  return code.finish("poolGradient", [
    ...pixel.set(i32.multiply(at.channels.get, i32.constant(4))),
    ...line.set(i32.multiply(at.width.get, pixel.get)),
    ...repeat(rowsLeft, at.rows.get, [
      ...clip(fromRow, toRow, at.top, at.windowHeight, at.height),
      ...left.set(at.left.get),
      ...repeat(columnsLeft, at.columns.get, output),
      ...increase(at.top, at.strideHeight.get),
    ]),
  ]);
}
