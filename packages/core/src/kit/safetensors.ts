/** Arrays by name with a JSON state in one file: the safetensors format, which Python reads as well, with a digest. */
import { createHash } from "node:crypto";
import { arrayConstructors, type DType, type NdArray, sizeOf } from "../contracts/ndarray.js";
import { MillraceError, messageOf } from "../errors.js";

const names = {
  float32: "F32",
  float64: "F64",
  int8: "I8",
  uint8: "U8",
  int16: "I16",
  uint16: "U16",
  int32: "I32",
  uint32: "U32",
  bool: "BOOL",
} as const satisfies Record<DType, string>;

/** What such a file holds. */
export interface Tensors {
  readonly state: unknown;
  readonly arrays: Readonly<Record<string, NdArray>>;
}

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** The parts of the file, in order; the arrays themselves are not copied. */
export function encodeTensors({ state, arrays }: Tensors): Uint8Array[] {
  const table: Record<string, Entry> = {};
  const parts: Uint8Array[] = [];
  let offset = 0;
  // Larger elements first keep every array aligned.
  const sorted = Object.entries(arrays).sort(
    ([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT,
  );
  for (const [name, { dtype, shape, data }] of sorted) {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    table[name] = { dtype: names[dtype], shape, data_offsets: [offset, offset + bytes.length] };
    offset += bytes.length;
    parts.push(bytes);
  }
  const json = JSON.stringify(state);
  const metadata = { format: "millrace", state: json, sha256: digest(json, table, parts) };
  const text = JSON.stringify({ __metadata__: metadata, ...table });
  const header = Buffer.from(text + " ".repeat((8 - (Buffer.byteLength(text) % 8)) % 8));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(header.length));
  return [size, header, ...parts];
}

/**
 * What `encodeTensors` made; the arrays are copies. `what` is what the file at `path` should have been, for messages.
 * @throws MillraceError FILE_FORMAT, naming the file, unless it is whole and was made by this.
 */
export function decodeTensors(bytes: Uint8Array, path: string, what: string): Tensors {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fail = (rule: string, cause?: unknown): MillraceError =>
    new MillraceError("FILE_FORMAT", `${path} must be a whole ${what}, ${rule}`, { cause });
  if (file.length < 8) throw fail(`was ${file.length} bytes`);
  const size = Number(file.readBigUInt64LE());
  if (size > file.length - 8) throw fail(`its header of ${size} bytes is cut off or damaged`);
  const { metadata, table } = headerOf(file.subarray(8, 8 + size), fail);
  const data = file.subarray(8 + size);
  const end = Math.max(0, ...Object.values(table).map(({ data_offsets: [, to] }) => to));
  if (data.length !== end) throw fail(`has ${data.length} bytes of data instead of ${end}`);
  const slices = Object.values(table).map(({ data_offsets: [from, to] }) => data.subarray(from, to));
  if (digest(metadata.state, table, slices) !== metadata.sha256)
    throw fail("its digest does not fit its content");
  const arrays = Object.entries(table).map(([name, entry], i) => [name, arrayOf(entry, slices[i])] as const);
  return { state: JSON.parse(metadata.state) as unknown, arrays: Object.fromEntries(arrays) };
}

interface Header {
  readonly metadata: { readonly state: string; readonly sha256: string };
  readonly table: Readonly<Record<string, Entry>>;
}

function headerOf(bytes: Buffer, fail: (rule: string, cause?: unknown) => MillraceError): Header {
  try {
    const { __metadata__: metadata, ...table } = JSON.parse(bytes.toString("utf8")) as Record<string, never>;
    const { state, sha256 } = metadata as Partial<Header["metadata"]>;
    if (typeof state === "string" && typeof sha256 === "string")
      return { metadata: { state, sha256 }, table };
  } catch (error) {
    throw fail(`its header is damaged: ${messageOf(error)}`, error);
  }
  throw fail("was written by another program");
}

function arrayOf({ dtype, shape }: Entry, bytes: Uint8Array): NdArray {
  const own = (Object.keys(names) as DType[]).find((name) => names[name] === dtype) ?? "float32";
  const data = new arrayConstructors[own](sizeOf(shape));
  new Uint8Array(data.buffer).set(bytes);
  return { dtype: own, shape, data };
}

function digest(state: string, table: Readonly<Record<string, Entry>>, parts: readonly Uint8Array[]): string {
  const hash = createHash("sha256").update(state).update(JSON.stringify(table));
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}
