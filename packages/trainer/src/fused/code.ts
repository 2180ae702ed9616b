/** Writes the machine code of one loop over arrays: a WebAssembly module of a single function, four floats at a time. */

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

/** The magic number and the version. */
const preamble = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const f32 = 0x7d;
const i32 = 0x7f;
const v128 = 0x7b;
const [get, set, end] = [0x20, 0x21, 0x0b];
const simd = (code: number): number[] => [0xfd, ...unsigned(code)];
const vector = {
  load: [...simd(0x00), 4, 0],
  store: [...simd(0x0b), 4, 0],
  splat: simd(0x13),
  squareRoot: simd(0xe3),
  add: simd(0xe4),
  subtract: simd(0xe5),
  multiply: simd(0xe6),
  divide: simd(0xe7),
  scale: simd(0xe6),
  shift: simd(0xe4),
};

/**
 * The module imports its memory as `host.memory` and exports `run(bytes, address of each array…, coefficient…)`; all
 * arrays have `bytes` bytes, a multiple of 16 above 0. Format: WebAssembly Core Specification 2.0, chapter 5.
 */
export function moduleOf(program: Program): Uint8Array<ArrayBuffer> {
  const coefficients = countCoefficients(program);
  const parameters = [...repeat(i32, 1 + program.arrays), ...repeat(f32, coefficients)];
  return Uint8Array.from([
    ...preamble,
    ...section(1, [1, 0x60, ...unsigned(parameters.length), ...parameters, 0]),
    ...section(2, [1, ...text("host"), ...text("memory"), 2, 0, 0]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text("run"), 0, 0]),
    ...section(10, [1, ...sized(body(program, coefficients))]),
  ]);
}

export function countCoefficients({ operations }: Program): number {
  return operations.filter(({ kind }) => kind === "scale" || kind === "shift").length;
}

function body({ arrays, operations, results }: Program, coefficients: number): number[] {
  const position = 1 + arrays + coefficients;
  const spread = (index: number): number => position + 1 + index;
  const value = (index: number): number => spread(coefficients) + index;
  const vectors = coefficients + arrays + operations.length;
  const address = (array: number): number[] => [...local(get, 1 + array), ...local(get, position), 0x6a];
  const code: number[] = [2, 1, i32, ...unsigned(vectors), v128];
  for (let i = 0; i < coefficients; i++) {
    code.push(...local(get, 1 + arrays + i), ...vector.splat, ...local(set, spread(i)));
  }
  code.push(0x03, 0x40);
  for (let i = 0; i < arrays; i++) code.push(...address(i), ...vector.load, ...local(set, value(i)));
  let used = 0;
  for (const [i, operation] of operations.entries()) {
    code.push(...local(get, value(operation.a)));
    if ("b" in operation) code.push(...local(get, value(operation.b)));
    else if (operation.kind !== "squareRoot") code.push(...local(get, spread(used++)));
    code.push(...vector[operation.kind], ...local(set, value(arrays + i)));
  }
  for (const [array, result] of results.entries()) {
    if (result !== undefined) code.push(...address(array), ...local(get, value(result)), ...vector.store);
  }
  // position += 16; again while position < bytes
  code.push(
    ...local(get, position),
    0x41,
    16,
    0x6a,
    ...local(0x22, position),
    ...local(get, 0),
    0x49,
    0x0d,
    0,
  );
  return [...code, end, end];
}

function local(instruction: number, index: number): number[] {
  return [instruction, ...unsigned(index)];
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...sized(content)];
}

function sized(content: readonly number[]): number[] {
  return [...unsigned(content.length), ...content];
}

function text(name: string): number[] {
  return sized([...Buffer.from(name)]);
}

function repeat(byte: number, count: number): number[] {
  return Array.from({ length: count }, () => byte);
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}
