/** Passes over the rows of a matrix in which each column has numbers of its own: a bias, a mean, a scale. */
import { Assembler, f32x4, i32, increase, type Local, loopWhile, repeat } from "../assembler/assembler.js";
import type { Code, FunctionCode } from "../assembler/encoding.js";
import { vectorBytes } from "./tile.js";

/** What is done to an element x with the numbers p, q and s of its column. */
const formulas = {
  add: (x: Code, p: Code) => f32x4.add(x, p),
  multiply: (x: Code, p: Code) => f32x4.multiply(x, p),
  subtract: (x: Code, p: Code) => f32x4.subtract(x, p),
  subtractFrom: (x: Code, p: Code) => f32x4.subtract(p, x),
  divide: (x: Code, p: Code) => f32x4.divide(x, p),
  divideFrom: (x: Code, p: Code) => f32x4.divide(p, x),
  normalize: (x: Code, p: Code, q: Code, s: Code) => f32x4.add(f32x4.multiply(f32x4.subtract(x, p), q), s),
} as const;

export type RowFormula = keyof typeof formulas;

/** The functions' parameters in their order; `columns` is a count above 0, like `rows`. */
export const rowParameters = ["x", "y", "rows", "columns", "p", "q", "s"] as const;

/** For each formula a function that writes it over the rows of x to those of y, which may be x. */
export const rowFunctions: readonly FunctionCode[] = Object.entries(formulas).map(([name, formula]) =>
  rowFunction(name, formula),
);

function rowFunction(name: string, formula: (...values: [Code, Code, Code, Code]) => Code): FunctionCode {
  const code = new Assembler();
  const at = code.parameters(...rowParameters);
  const [rowsLeft, columnsLeft, column] = code.locals("i32", 3);
  const own = (parameter: Local): Code => i32.add(parameter.get, column.get);
  const pass = (
    count: number,
    load: (address: Code) => Code,
    store: (address: Code, value: Code) => Code,
  ): Code => [
    ...store(at.y.get, formula(load(at.x.get), load(own(at.p)), load(own(at.q)), load(own(at.s)))),
    ...[at.x, at.y, column].flatMap((local) => increase(local, i32.constant(4 * count))),
    ...increase(columnsLeft, i32.constant(-count)),
  ];
  return code.finish(
    name,
    repeat(rowsLeft, at.rows.get, [
      ...column.set(i32.constant(0)),
      ...columnsLeft.set(at.columns.get),
      ...loopWhile(
        i32.isLess(i32.constant(3), columnsLeft.get),
        pass(vectorBytes / 4, f32x4.load, f32x4.store),
      ),
      ...loopWhile(columnsLeft.get, pass(1, f32x4.loadFirst, f32x4.storeFirst)),
    ]),
  );
}
