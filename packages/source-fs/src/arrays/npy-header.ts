/** The header of NPY files (numpy.lib.format, versions 1 to 3): element type, order and shape of one array. */
import type { Element, FileKind } from "./elements.js";
import { faulty } from "./stored-array.js";

export interface NpyHeader {
  readonly element: Element;
  readonly shape: readonly number[];
  readonly fortran: boolean;
  /** Where the elements start. */
  readonly start: number;
}

/** Bytes that a header may take: one of many axes takes a few hundred. */
export const longestHeader = 2 ** 16;

const magic = Buffer.from("\x93NUMPY", "latin1");

/** By kind and size, as numpy writes them. */
const kinds: ReadonlyMap<string, FileKind> = new Map<string, FileKind>([
  ["b1", "bool"],
  ["i1", "int8"],
  ["u1", "uint8"],
  ["i2", "int16"],
  ["u2", "uint16"],
  ["i4", "int32"],
  ["u4", "uint32"],
  ["i8", "int64"],
  ["u8", "uint64"],
  ["f2", "float16"],
  ["f4", "float32"],
  ["f8", "float64"],
]);

/** What else there is, by its letter, in words. */
const otherKinds: Readonly<Record<string, string>> = {
  U: "texts",
  S: "bytes of a fixed length",
  a: "bytes of a fixed length",
  V: "records",
  O: "Python objects",
  M: "dates",
  m: "durations",
  c: "complex numbers",
  f: "floats of another length",
};

/** Reads it from the first bytes of the file. Errors: FILE_FORMAT. */
export function npyHeader(name: string, bytes: Buffer): NpyHeader {
  const found = bytes.subarray(0, magic.length);
  if (!found.equals(magic)) {
    const was = found.length === 0 ? "empty" : found.toString("hex");
    throw faulty(name, `an NPY file must start with ${magic.toString("hex")}, was ${was}`);
  }
  const version = bytes[6] ?? 0;
  if (version < 1 || version > 3)
    throw faulty(name, `an NPY file must have version 1, 2 or 3, was ${version}`);
  const from = version === 1 ? 10 : 12;
  if (bytes.length < from) throw faulty(name, "an NPY header must be whole, is cut off");
  const length = version === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8);
  const start = from + length;
  if (start > bytes.length) {
    const rule = start > longestHeader ? `take at most ${longestHeader} bytes` : "be whole";
    throw faulty(name, `an NPY header must ${rule}, states ${length} and has ${bytes.length - from}`);
  }
  const text = bytes.toString(version === 3 ? "utf8" : "latin1", from, start);
  return { element: elementOf(name, text), shape: shapeOf(name, text), fortran: orderOf(name, text), start };
}

function elementOf(name: string, text: string): Element {
  const [, descr] =
    /['"]descr['"]\s*:\s*(?:'([^']*)'|"([^"]*)"|\[)/.exec(text)?.filter((each) => each !== undefined) ?? [];
  if (descr === undefined && !/['"]descr['"]\s*:\s*\[/.test(text)) throw unreadable(name, "descr", text);
  const [, order = "", letter = "V", size = ""] = /^([<>|=])?([A-Za-z?])(\d*)/.exec(descr ?? "") ?? [];
  const kind = kinds.get(letter === "?" ? "b1" : letter + size);
  if (kind !== undefined)
    return { kind, bytes: Number(size === "" ? 1 : size) as Element["bytes"], little: order !== ">" };
  throw faulty(
    name,
    `an array must hold numbers or flags, but holds ${otherKinds[letter] ?? "something else"} (${descr ?? "several fields"})`,
    letter === "V"
      ? "Write each field as an array of its own."
      : "Write it as numbers, or as a column of a CSV or JSON Lines file.",
  );
}

function orderOf(name: string, text: string): boolean {
  const [, order] = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(text) ?? [];
  if (order === undefined) throw unreadable(name, "fortran_order", text);
  return order === "True";
}

function shapeOf(name: string, text: string): number[] {
  const [, list] = /['"]shape['"]\s*:\s*\(\s*((?:\d{1,16}L?\s*,\s*)*(?:\d{1,16}L?)?)\s*\)/.exec(text) ?? [];
  if (list === undefined) throw unreadable(name, "shape", text);
  return (list.match(/\d+/g) ?? []).map(Number);
}

function unreadable(name: string, key: string, text: string) {
  return faulty(name, `an NPY header must state ${key}, was ${JSON.stringify(text.trim().slice(0, 120))}`);
}
