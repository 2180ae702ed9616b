/** Compiles a formula over arrays to one pass over memory, so that no array is read or written more often than once. */
import type { Algebra } from "../rule.js";
import { moduleOf, type Operation } from "./code.js";
import { type Memory, webAssembly } from "@millrace/tfjs-wasm-kernels/assembler";

/** Gives new values for the first arrays, undefined for those that stay as they are. */
export type Formula<M> = <T>(
  algebra: Algebra<T>,
  arrays: readonly T[],
  moment: M,
) => readonly (T | undefined)[];

/** `addresses` are places of arrays of `bytes` bytes in the memory; all multiples of 16. */
export type Fused<M> = (addresses: readonly number[], bytes: number, moment: M) => void;

type Run = (bytes: number, ...addressesAndCoefficients: number[]) => void;

/** `arrays` is how many arrays the formula takes. The code is compiled with the first call. */
export function fuse<M>(memory: Memory, arrays: number, formula: Formula<M>): Fused<M> {
  let compiled: Run | undefined;
  return (addresses, bytes, moment) => {
    const recorder = new Recorder(arrays);
    const results = formula(recorder.algebra, recorder.arrays, moment);
    compiled ??= compile(memory, { arrays, operations: recorder.operations, results });
    if (bytes > 0) compiled(bytes, ...addresses, ...recorder.coefficients);
  };
}

/** Whether this machine can run such code. */
export function canFuse(): boolean {
  return webAssembly.validate(moduleOf({ arrays: 1, operations: [], results: [0] }));
}

function compile(memory: Memory, program: Parameters<typeof moduleOf>[0]): Run {
  const module = new webAssembly.Module(moduleOf(program));
  return new webAssembly.Instance(module, { host: { memory } }).exports.run as Run;
}

/** Writes down what a formula does instead of doing it; values are numbers of what they will be. */
class Recorder {
  readonly arrays: readonly number[];
  readonly operations: Operation[] = [];
  readonly coefficients: number[] = [];
  readonly algebra: Algebra<number>;

  constructor(arrays: number) {
    this.arrays = Array.from({ length: arrays }, (_, i) => i);
    const made = (operation: Operation): number => arrays + this.operations.push(operation) - 1;
    const pair = (kind: "add" | "subtract" | "multiply" | "divide") => (a: number, b: number) =>
      made({ kind, a, b });
    const withNumber = (kind: "scale" | "shift") => (a: number, coefficient: number) => {
      this.coefficients.push(coefficient);
      return made({ kind, a });
    };
    this.algebra = {
      add: pair("add"),
      subtract: pair("subtract"),
      multiply: pair("multiply"),
      divide: pair("divide"),
      squareRoot: (a) => made({ kind: "squareRoot", a }),
      scale: withNumber("scale"),
      shift: withNumber("shift"),
    };
  }
}
