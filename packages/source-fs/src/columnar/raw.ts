/** Columns as their files hold them: what Parquet and Arrow are decoded to, before a spec says what becomes of them. */
import { isUtf8 } from "node:buffer";

export type RawNumbers =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

/** What the values stand for. `ticks` are those of one second; days have 1/86400. */
export type Meaning =
  | { readonly kind: "number" | "bool" | "text" | "bytes" | "uuid" }
  | { readonly kind: "decimal"; readonly scale: number }
  | { readonly kind: "instant" | "duration"; readonly ticks: number };

export type RawValues =
  | { readonly form: "numbers"; readonly data: RawNumbers }
  /** Texts, bytes, and decimals of many digits: one after the other; `starts` has one more than there are values. */
  | { readonly form: "packed"; readonly bytes: Uint8Array; readonly starts: Uint32Array }
  /** Places in a dictionary. */
  | { readonly form: "coded"; readonly codes: Int32Array; readonly dictionary: PlainValues };

export type PlainValues = Exclude<RawValues, { form: "coded" }>;

/** A column of one block of rows. */
export interface RawColumn {
  readonly rows: number;
  readonly meaning: Meaning;
  /** One for each row, or for each element of the lists; whatever stands where `absent` says that nothing does. */
  readonly values: RawValues;
  /** 1 where there is no value. */
  readonly absent?: Uint8Array | undefined;
  readonly lists?: RawLists | undefined;
}

export interface RawLists {
  /** Where each row's elements begin, and where the last row's end. */
  readonly starts: Uint32Array;
  /** 1 where there is no list. */
  readonly absent?: Uint8Array | undefined;
}

/** A column that a file has, before any row is read. */
export interface ColumnInfo {
  /** Members of structs are `a.b`. */
  readonly name: string;
  readonly meaning: Meaning;
  /** As people call it: `int64`, `list of float`. */
  readonly type: string;
  readonly isList: boolean;
  /** Why it cannot be read, where it cannot. */
  readonly unreadable?: string;
}

/** The number of values. */
export function countOf(values: RawValues): number {
  if (values.form === "numbers") return values.data.length;
  return values.form === "packed" ? values.starts.length - 1 : values.codes.length;
}

/** What a person would write for one value, which `valueReader` takes: instants are UTC seconds. Null where there is none. */
export type RawValue = number | bigint | string | boolean | Uint8Array | null;

/** The value at each place; whether one is absent there is not looked at, NaN counts as none. */
export function valuesOf({
  meaning,
  values,
}: Pick<RawColumn, "meaning" | "values">): (at: number) => RawValue {
  if (values.form === "coded") {
    const { codes, dictionary } = values;
    const read = valuesOf({ meaning, values: dictionary });
    return (at) => read(codes[at]);
  }
  if (values.form === "packed") return packedValues(meaning, values);
  const { data } = values;
  switch (meaning.kind) {
    case "bool":
      return (at) => data[at] !== 0;
    case "decimal":
      return (at) => decimalText(BigInt(data[at]), meaning.scale);
    case "instant":
    case "duration":
      return (at) => secondsOf(data[at], meaning.ticks);
    default:
      return (at) => {
        const value = data[at];
        return Number.isNaN(value) ? null : value;
      };
  }
}

function packedValues(
  meaning: Meaning,
  { bytes, starts }: RawValues & { form: "packed" },
): (at: number) => RawValue {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (meaning.kind) {
    case "bytes":
      return (at) => Uint8Array.from(bytes.subarray(starts[at], starts[at + 1]));
    case "uuid":
      return (at) =>
        source
          .toString("hex", starts[at], starts[at + 1])
          .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
    case "decimal":
      return (at) => decimalText(bigEndian(bytes.subarray(starts[at], starts[at + 1])), meaning.scale);
    default:
      if (isUtf8(source)) return (at) => source.toString("utf8", starts[at], starts[at + 1]);
      // What is no text stays bytes, so that whoever wants a text refuses it.
      return (at) => {
        const part = source.subarray(starts[at], starts[at + 1]);
        return isUtf8(part) ? part.toString("utf8") : Uint8Array.from(part);
      };
  }
}

/** UTC seconds of so many ticks, to the last bit that a double has. */
export function secondsOf(value: number | bigint, ticks: number): number {
  if (typeof value === "number") return ticks < 1 ? Math.round(value / ticks) : value / ticks;
  if (ticks < 1) return Number(value) * Math.round(1 / ticks);
  if (value >= -exact && value <= exact) return Number(value) / ticks;
  const each = BigInt(ticks);
  return Number(value / each) + Number(value % each) / ticks;
}

const exact = BigInt(Number.MAX_SAFE_INTEGER);

/** The decimal number of `unscaled` · 10^-scale, with all its digits. */
export function decimalText(unscaled: bigint, scale: number): string {
  if (scale <= 0) return String(unscaled * 10n ** BigInt(-scale));
  const sign = unscaled < 0n ? "-" : "";
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, "0");
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** A whole number in two's complement, its highest byte first. */
export function bigEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return BigInt.asIntN(bytes.length * 8, value);
}
