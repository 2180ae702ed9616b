/** Writes WebAssembly: the few instructions that resampling is made of, and a module around them. */

/** Instructions, in groups of any depth. */
export type Code = readonly (number | Code)[];

const unsigned = (value: number): number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
const signed = (value: number): number[] =>
  value >= -64 && value < 64 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
const simd = (code: number): Code => [0xfd, unsigned(code)];

export const get = (local: number): Code => [0x20, unsigned(local)];
export const set = (local: number): Code => [0x21, unsigned(local)];
export const constant = (value: number): Code => [0x41, signed(value)];
export const add: Code = [0x6a];
export const double: Code = [constant(1), 0x74];
export const load: Code = [0x28, 0, 0];

/** Instructions on vectors of 128 bits; loads and stores need no alignment, and loads add `offset` to the address. */
export const vector = {
  load: (offset = 0): Code => [simd(0x00), 0, unsigned(offset)],
  /** Four bytes, four times. */
  loadSpread: (offset = 0): Code => [simd(0x09), 0, unsigned(offset)],
  store: [simd(0x0b), 0, 0],
  /** The first four bytes. */
  storeFour: [simd(0x5a), 0, 0, 0],
  constant: (bytes: readonly number[]): Code => [simd(0x0c), bytes],
  /** Bytes of a vector, by the numbers that stand in a second one. */
  pick: simd(0x0e),
  /** Bytes of two vectors by number, 0 to 31. */
  shuffle: (bytes: readonly number[]): Code => [simd(0x0d), bytes],
  spread: simd(0x11),
  /** Two vectors of 16-bit numbers to one of bytes, two of 32 bits to one of 16; both saturate. */
  toBytes: simd(0x66),
  toShorts: simd(0x85),
  widenLow: simd(0x89),
  widenHigh: simd(0x8a),
  shiftRight: simd(0xac),
  add: simd(0xae),
  /** Eight products of 16-bit numbers, added in pairs. */
  dot: simd(0xba),
} as const satisfies Readonly<Record<string, Code | ((...values: never[]) => Code)>>;

/** local += amount */
export const advance = (local: number, amount: Code): Code => [get(local), amount, add, set(local)];

/** Runs `body`, counts the local down, and does so again until it is 0. */
export const repeat = (counter: number, body: Code): Code => [
  [0x03, 0x40],
  body,
  [advance(counter, constant(-1)), get(counter), 0x0d, 0],
  0x0b,
];

/** A function of whole numbers that returns nothing; its locals are numbered after the parameters. */
export interface FunctionCode {
  readonly name: string;
  readonly parameters: number;
  /** Whole numbers, then vectors. */
  readonly locals: readonly [number, number];
  readonly body: Code;
}

/**
 * The module: imports its memory as `host.memory` and exports the functions. Format: WebAssembly Core Specification
 * 2.0, chapter 5.
 */
export function moduleOf(functions: readonly FunctionCode[]): Uint8Array<ArrayBuffer> {
  const [i32, v128] = [0x7f, 0x7b];
  const types = functions.map(({ parameters }) => [0x60, parameters, repeated(i32, parameters), 0]);
  const bodies = functions.map(({ locals: [numbers, vectors], body }) =>
    sized([[2, numbers, i32, vectors, v128], body, 0x0b]),
  );
  const exported = functions.map(({ name }, index) => [text(name), 0, index]);
  const declared = functions.map((_, index) => [index]);
  const memory = [text("host"), text("memory"), 2, 0, 0];
  const preamble = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const sections = [
    section(1, types),
    section(2, [memory]),
    section(3, declared),
    section(7, exported),
    section(10, bodies),
  ];
  return Uint8Array.from(flat([preamble, sections]));
}

function section(id: number, entries: readonly Code[]): Code {
  return [id, sized([unsigned(entries.length), entries])];
}

function sized(content: Code): Code {
  const bytes = flat(content);
  return [unsigned(bytes.length), bytes];
}

function text(value: string): Code {
  return sized([...Buffer.from(value)]);
}

function repeated(byte: number, count: number): Code {
  return Array.from({ length: count }, () => byte);
}

function flat(code: Code): number[] {
  return (code as readonly (number | number[])[]).flat(Number.POSITIVE_INFINITY) as number[];
}
