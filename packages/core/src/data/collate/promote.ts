/** The element type of a batch whose arrays differ in theirs (torch.result_type). */
import type { DType } from "../../contracts/ndarray.js";

/** Kind and bits of each type; a float wins over a whole number, which wins over bool. */
const types = {
  bool: ["bool", 1],
  uint8: ["unsigned", 8],
  uint16: ["unsigned", 16],
  uint32: ["unsigned", 32],
  int8: ["signed", 8],
  int16: ["signed", 16],
  int32: ["signed", 32],
  float32: ["float", 32],
  float64: ["float", 64],
} as const satisfies Record<DType, readonly [string, number]>;

/**
 * The smallest type that holds both by torch's rules: the wider of one kind; float over whole number over bool; signed
 * and unsigned meet in a signed type wider than the unsigned one (uint8 and int8 in int16). Undefined for uint32 with a
 * signed type, which only int64 would hold. Mixtures with uint16 and uint32, which torch refuses, follow the same rule.
 */
export function promoteTypes(a: DType, b: DType): DType | undefined {
  if (a === b) return a;
  const [[kindA, bitsA], [kindB, bitsB]] = [types[a], types[b]];
  if (kindA === kindB) return bitsA > bitsB ? a : b;
  if (kindA === "float" || kindB === "bool") return a;
  if (kindB === "float" || kindA === "bool") return b;
  const [signed, unsigned] = kindA === "signed" ? [a, b] : [b, a];
  if (types[signed][1] > types[unsigned][1]) return signed;
  if (unsigned === "uint8") return "int16";
  return unsigned === "uint16" ? "int32" : undefined;
}
