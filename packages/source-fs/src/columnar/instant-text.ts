/** Instants as texts in ISO 8601, with the digits of their ticks: a double of seconds holds too few of them. */
import type { RawColumn, RawNumbers } from "./raw.js";

/** The text at each place; a Date that is none where no calendar has the day. Undefined for what is not stored as numbers. */
export function instantTexts({ meaning, values }: RawColumn): ((at: number) => unknown) | undefined {
  if (meaning.kind !== "instant") return undefined;
  const { ticks } = meaning;
  const plain = values.form === "coded" ? values.dictionary : values;
  if (plain.form !== "numbers") return undefined;
  const { data } = plain;
  return values.form === "coded"
    ? (at) => instantText(data[values.codes[at]], ticks)
    : (at) => instantText(data[at], ticks);
}

function instantText(value: RawNumbers[number], ticks: number): unknown {
  const [seconds, fraction] = partsOf(value, ticks);
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return date;
  const digits = fraction.replace(/0+$/, "");
  return date.toISOString().replace(".000Z", digits === "" ? "Z" : `.${digits}Z`);
}

/** Whole seconds, and the digits behind the point. */
function partsOf(value: RawNumbers[number], ticks: number): readonly [seconds: number, fraction: string] {
  if (ticks < 1) return [Math.round(Number(value) / ticks), ""];
  // Seconds with a fraction are rounded to microseconds, which may be those of the next one.
  const [whole, each] = Number.isInteger(Number(value))
    ? [BigInt(value), BigInt(ticks)]
    : [BigInt(Math.round(Number(value) * ticks * 1e6)), BigInt(ticks) * 1_000_000n];
  const rest = ((whole % each) + each) % each;
  return [Number((whole - rest) / each), each === 1n ? "" : padded(rest, each)];
}

function padded(rest: bigint, each: bigint): string {
  return String(rest).padStart(String(each).length - 1, "0");
}
