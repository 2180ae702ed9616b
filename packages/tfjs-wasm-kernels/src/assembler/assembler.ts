/** Writes the code of a WebAssembly function as expressions with names: numbers, vectors of four floats, loops. */
import { type Code, type FunctionCode, signed, type Type, unsigned } from "./encoding.js";

/** A variable of a function. */
export interface Local {
  readonly get: Code;
  set(value: Code): Code;
}

const op = (instruction: Code, ...operands: readonly Code[]): Code => [...operands.flat(), ...instruction];
const simd = (code: number, ...immediate: readonly number[]): Code => [0xfd, ...unsigned(code), ...immediate];
/** Alignment (no promise) and offset of an access to memory. */
const at = (offset: number): number[] => [0, ...unsigned(offset)];

export const i32 = {
  constant: (value: number): Code => [0x41, ...signed(value)],
  add: (a: Code, b: Code): Code => op([0x6a], a, b),
  subtract: (a: Code, b: Code): Code => op([0x6b], a, b),
  multiply: (a: Code, b: Code): Code => op([0x6c], a, b),
  and: (a: Code, b: Code): Code => op([0x71], a, b),
  isEqual: (a: Code, b: Code): Code => op([0x46], a, b),
  /** With sign. */
  isLess: (a: Code, b: Code): Code => op([0x48], a, b),
  /** Of addresses, without sign. */
  isBelow: (a: Code, b: Code): Code => op([0x49], a, b),
};

export const f32 = {
  load: (address: Code, offset = 0): Code => op([0x2a, ...at(offset)], address),
  store: (address: Code, value: Code, offset = 0): Code => op([0x38, ...at(offset)], address, value),
};

/** Vectors of four floats. */
export const f32x4 = {
  load: (address: Code, offset = 0): Code => op(simd(0x00, ...at(offset)), address),
  /** One float from memory, four times. */
  loadSplat: (address: Code, offset = 0): Code => op(simd(0x09, ...at(offset)), address),
  store: (address: Code, value: Code, offset = 0): Code => op(simd(0x0b, ...at(offset)), address, value),
  splat: (value: Code): Code => op(simd(0x13), value),
  /** One float, followed by zeros. */
  loadFirst: (address: Code): Code => op(simd(0x5c, ...at(0)), address),
  /** The first float of a vector. */
  storeFirst: (address: Code, value: Code): Code => op(simd(0x5a, ...at(0), 0), address, value),
  zero: simd(0x0c, ...Array.from({ length: 16 }, () => 0)),
  isEqual: (a: Code, b: Code): Code => op(simd(0x41), a, b),
  squareRoot: (a: Code): Code => op(simd(0xe3), a),
  add: (a: Code, b: Code): Code => op(simd(0xe4), a, b),
  subtract: (a: Code, b: Code): Code => op(simd(0xe5), a, b),
  multiply: (a: Code, b: Code): Code => op(simd(0xe6), a, b),
  divide: (a: Code, b: Code): Code => op(simd(0xe7), a, b),
  /** NaN where one is NaN. */
  maximum: (a: Code, b: Code): Code => op(simd(0xe9), a, b),
};

/** Vectors of bits. */
export const bits = {
  and: (a: Code, b: Code): Code => op(simd(0x4e), a, b),
  /** Those of a that are not in b. */
  andNot: (a: Code, b: Code): Code => op(simd(0x4f), a, b),
  or: (a: Code, b: Code): Code => op(simd(0x50), a, b),
};

/** Copies `bytes` bytes; the ranges may overlap. */
export const copy = (to: Code, from: Code, bytes: Code): Code => op([0xfc, 0x0a, 0, 0], to, from, bytes);

export const when = (condition: Code, then: Code, otherwise: Code = []): Code => [
  ...condition,
  0x04,
  0x40,
  ...then,
  ...(otherwise.length > 0 ? [0x05, ...otherwise] : []),
  0x0b,
];

/** Runs `body` `times` times, which is above 0; `left` counts down. */
export const repeat = (left: Local, times: Code, body: Code): Code => [
  ...left.set(times),
  0x03,
  0x40,
  ...body,
  ...left.set(i32.subtract(left.get, i32.constant(1))),
  ...left.get,
  0x0d,
  0,
  0x0b,
];

/** Runs `body` while the condition holds. */
export const loopWhile = (condition: Code, body: Code): Code => [
  0x03,
  0x40,
  ...when(condition, [...body, 0x0c, 1]),
  0x0b,
];

/** Calls a function of the module by its index. */
export const call = (index: number, ...operands: readonly Code[]): Code =>
  op([0x10, ...unsigned(index)], ...operands);

/** Adds to a variable. */
export const increase = (local: Local, by: Code): Code => local.set(i32.add(local.get, by));

/** Declares a function's variables: all parameters first. */
export class Assembler {
  readonly #parameters: Type[] = [];
  readonly #locals: Type[] = [];

  parameter(type: Type): Local {
    this.#parameters.push(type);
    return localAt(this.#parameters.length - 1);
  }

  parameters<const N extends readonly string[]>(...names: N): Record<N[number], Local> {
    return Object.fromEntries(names.map((name) => [name, this.parameter("i32")])) as Record<N[number], Local>;
  }

  local(type: Type): Local {
    this.#locals.push(type);
    return localAt(this.#parameters.length + this.#locals.length - 1);
  }

  locals(type: Type, count: number): Local[] {
    return Array.from({ length: count }, () => this.local(type));
  }

  finish(name: string, body: Code): FunctionCode {
    return { name, parameters: this.#parameters, locals: this.#locals, body };
  }
}

function localAt(index: number): Local {
  return { get: [0x20, ...unsigned(index)], set: (value) => [...value, 0x21, ...unsigned(index)] };
}
