/** The bytes of a WebAssembly module around the code of its functions: Core Specification 2.0, chapter 5. */

/** Instructions, as bytes. */
export type Code = readonly number[];

export const types = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const;

export type Type = keyof typeof types;

export interface FunctionCode {
  readonly name: string;
  readonly parameters: readonly Type[];
  /** Variables that follow the parameters; they begin as zero. */
  readonly locals: readonly Type[];
  readonly body: Code;
}

/** The magic number and the version. */
const preamble = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const functionType = 0x60;
const end = 0x0b;

/**
 * A module that imports its memory as `host.memory` and exports every function by its name. None returns anything; the
 * first has the index 0 for `call`.
 */
export function encodeModule(functions: readonly FunctionCode[]): Uint8Array<ArrayBuffer> {
  const count = unsigned(functions.length);
  const signatures = functions.flatMap(({ parameters }) => [
    functionType,
    ...sized(
      parameters.map((type) => types[type]),
      parameters.length,
    ),
    0,
  ]);
  const exported = functions.flatMap(({ name }, i) => [...text(name), 0, ...unsigned(i)]);
  const bodies = functions.flatMap((each) => bytes([...locals(each.locals), ...each.body, end]));
  return Uint8Array.from([
    ...preamble,
    ...section(1, [...count, ...signatures]),
    ...section(2, [1, ...text("host"), ...text("memory"), 2, 0, 0]),
    ...section(3, [...count, ...functions.flatMap((_, i) => unsigned(i))]),
    ...section(7, [...count, ...exported]),
    ...section(10, [...count, ...bodies]),
  ]);
}

function locals(list: readonly Type[]): number[] {
  return [...unsigned(list.length), ...list.flatMap((type) => [1, types[type]])];
}

function section(id: number, content: Code): number[] {
  return [id, ...bytes(content)];
}

function text(name: string): number[] {
  return bytes([...Buffer.from(name)]);
}

function bytes(content: Code): number[] {
  return sized(content, content.length);
}

function sized(content: Code, count: number): number[] {
  return [...unsigned(count), ...content];
}

/** LEB128. */
export function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** Signed LEB128. */
export function signed(value: number): number[] {
  const isLast = value >= -0x40 && value < 0x40;
  return isLast ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}
