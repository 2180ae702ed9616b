/** Floating point numbers of 16 bits, which float32 holds exactly. */
import type { TypedArray } from "@millrace/core";

/** IEEE 754 binary16. */
export function halfFloats(halves: Uint16Array, target: TypedArray, at: number): void {
  for (let i = 0; i < halves.length; i++) target[at + i] = halfFloat(halves[i]);
}

function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (fraction + 0x400) * 2 ** (exponent - 25);
}

/** The upper half of a float32 (Google's bfloat16). */
export function bfloat16Floats(halves: Uint16Array, target: TypedArray, at: number): void {
  const bits = new Uint32Array(1);
  const float = new Float32Array(bits.buffer);
  for (let i = 0; i < halves.length; i++) {
    bits[0] = halves[i] << 16;
    target[at + i] = float[0];
  }
}
