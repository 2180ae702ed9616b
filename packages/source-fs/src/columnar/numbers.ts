/** Columns of numbers as plain numbers, where nothing is lost. */
import type { ColumnField } from "@millrace/core";
import { bigEndian, countOf, type PlainValues, type RawColumn, secondsOf } from "./raw.js";

/**
 * The values as numbers side by side: instants as UTC seconds, flags as 1 and 0, and NaN for those whose digits a double
 * does not hold. Undefined for columns that are no numbers, or whose numbers are no values of `kind`.
 */
export function numbersIn(
  { meaning, values }: Pick<RawColumn, "meaning" | "values">,
  { kind }: Pick<ColumnField, "kind">,
): ArrayLike<number> | undefined {
  // A number is a date only where a format says so, which the kit reads.
  if (kind === "date" && meaning.kind !== "instant") return undefined;
  if (values.form === "coded") {
    const dictionary = numbersIn({ meaning, values: values.dictionary }, { kind });
    if (dictionary === undefined) return undefined;
    const { codes } = values;
    return Float64Array.from(codes, (code) => dictionary[code]);
  }
  switch (meaning.kind) {
    case "number":
    case "bool":
      return values.form === "numbers" ? exactNumbers(values.data) : undefined;
    case "decimal":
      return decimals(values, meaning.scale);
    case "instant":
    case "duration":
      return values.form === "numbers" ? seconds(values.data, meaning.ticks) : undefined;
    default:
      return undefined;
  }
}

type Data = (PlainValues & { form: "numbers" })["data"];

function exactNumbers(data: Data): ArrayLike<number> {
  if (!(data instanceof BigInt64Array || data instanceof BigUint64Array)) return data;
  return wholeNumbers(data);
}

/** By halves, since each `bigint` would be an object. NaN beyond ±2^53. */
function wholeNumbers(data: BigInt64Array | BigUint64Array): Float64Array {
  const halves = new Uint32Array(data.buffer, data.byteOffset, data.length * 2);
  const signed = new Int32Array(data.buffer, data.byteOffset, data.length * 2);
  const high = data instanceof BigInt64Array ? signed : halves;
  const numbers = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const number = high[2 * i + 1] * 2 ** 32 + halves[2 * i];
    numbers[i] = Math.abs(number) <= Number.MAX_SAFE_INTEGER ? number : Number.NaN;
  }
  return numbers;
}

function decimals(values: PlainValues, scale: number): Float64Array {
  // Powers of ten up to this one are exact, so that one division rounds once.
  const isExact = scale >= 0 && scale <= 22;
  if (values.form === "packed") {
    const { bytes, starts } = values;
    return Float64Array.from({ length: countOf(values) }, (_, i) => {
      const whole = bigEndian(bytes.subarray(starts[i], starts[i + 1]));
      const fits = whole <= BigInt(Number.MAX_SAFE_INTEGER) && whole >= BigInt(Number.MIN_SAFE_INTEGER);
      return fits && isExact ? Number(whole) / 10 ** scale : Number.NaN;
    });
  }
  const whole = exactNumbers(values.data);
  return Float64Array.from(whole, (number) => (isExact ? number / 10 ** scale : Number.NaN));
}

function seconds(data: Data, ticks: number): Float64Array {
  if (!(data instanceof BigInt64Array || data instanceof BigUint64Array))
    return Float64Array.from(data, (value) => secondsOf(value, ticks));
  const whole = wholeNumbers(data);
  for (let i = 0; i < whole.length; i++)
    whole[i] = Number.isNaN(whole[i]) ? secondsOf(data[i], ticks) : secondsOf(whole[i], ticks);
  return whole;
}
