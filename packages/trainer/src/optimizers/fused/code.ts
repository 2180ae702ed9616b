/** Writes the machine code of one loop over arrays: a WebAssembly module of a single function, four floats at a time. */
import {
  Assembler,
  f32x4,
  i32,
  increase,
  type Local,
  loopWhile,
} from "@millrace/tfjs-wasm-kernels/assembler";
import { type Code, encodeModule } from "@millrace/tfjs-wasm-kernels/assembler";

/** What a formula comes down to: each value is numbered, first the arrays, then the results of the operations. */
export interface Program {
  readonly arrays: number;
  readonly operations: readonly Operation[];
  /** For each of the first arrays, the value that is written back to it; undefined for those that stay. */
  readonly results: readonly (number | undefined)[];
}

export type Operation =
  | { readonly kind: "add" | "subtract" | "multiply" | "divide"; readonly a: number; readonly b: number }
  | { readonly kind: "squareRoot"; readonly a: number }
  /** With the next one of the function's coefficients. */
  | { readonly kind: "scale" | "shift"; readonly a: number };

const vectorBytes = 16;

/**
 * The module imports its memory as `host.memory` and exports `run(bytes, address of each array…, coefficient…)`; all
 * arrays have `bytes` bytes, a multiple of 16 above 0.
 */
export function moduleOf({ arrays, operations, results }: Program): Uint8Array<ArrayBuffer> {
  const code = new Assembler();
  const bytes = code.parameter("i32");
  const addresses = Array.from({ length: arrays }, () => code.parameter("i32"));
  const scalars = operations.filter(isWithCoefficient).map(() => code.parameter("f32"));
  const position = code.local("i32");
  const coefficients = code.locals("v128", scalars.length);
  const values = code.locals("v128", arrays + operations.length);
  const place = (array: number): Code => i32.add(addresses[array].get, position.get);
  let used = 0;
  const computed = operations.flatMap((operation, i) => {
    const coefficient = isWithCoefficient(operation) ? coefficients[used++] : undefined;
    return values[arrays + i].set(valueOf(operation, values, coefficient));
  });
  const body = code.finish("run", [
    ...coefficients.flatMap((vector, i) => vector.set(f32x4.splat(scalars[i].get))),
    ...loopWhile(i32.isBelow(position.get, bytes.get), [
      ...addresses.flatMap((_, i) => values[i].set(f32x4.load(place(i)))),
      ...computed,
      ...results.flatMap((result, i) =>
        result === undefined ? [] : f32x4.store(place(i), values[result].get),
      ),
      ...increase(position, i32.constant(vectorBytes)),
    ]),
  ]);
  return encodeModule([body]);
}

function isWithCoefficient({ kind }: Operation): boolean {
  return kind === "scale" || kind === "shift";
}

function valueOf(operation: Operation, values: readonly Local[], coefficient: Local | undefined): Code {
  const a = values[operation.a].get;
  switch (operation.kind) {
    case "squareRoot":
      return f32x4.squareRoot(a);
    case "scale":
      return f32x4.multiply(a, (coefficient as Local).get);
    case "shift":
      return f32x4.add(a, (coefficient as Local).get);
    default:
      return f32x4[operation.kind](a, values[operation.b].get);
  }
}
