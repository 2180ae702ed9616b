/**
 * Rows of MySQL's binary protocol, written straight into columns
 * (https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_binary_resultset.html): an array for each, and an event
 * with it, would cost more than all else.
 */
import { type Cells, type Fillable, put, type SqlValue } from "../driver.js";
import type { ResultField } from "./describe.js";

/** A row as it arrives: bytes of `buffer` from `offset` on. mysql2's own class. */
export interface Packet {
  readonly buffer: Buffer;
  offset: number;
  readLengthCodedString(encoding: string): string;
  readLengthCodedBuffer(): Uint8Array;
}

/** What mysql2 makes of the fields of a result, with the means that `Packet` has. */
export type BinaryField = ResultField & { readonly encoding: string; readonly extendedFormat?: string };

type Read = (view: DataView, at: number) => number | bigint;

interface Numbers {
  readonly bytes: number;
  readonly isWhole: boolean;
  readonly signed: Read;
  readonly unsigned: Read;
}

const int24OrLong: Numbers = {
  bytes: 4,
  isWhole: true,
  signed: (view, at) => view.getInt32(at, true),
  unsigned: (view, at) => view.getUint32(at, true),
};

const short: Numbers = {
  bytes: 2,
  isWhole: true,
  signed: (view, at) => view.getInt16(at, true),
  unsigned: (view, at) => view.getUint16(at, true),
};

const float = (bytes: number, read: Read): Numbers => ({
  bytes,
  isWhole: false,
  signed: read,
  unsigned: read,
});

const DOUBLE = 5;

/** By the type's number. */
const numbers: Readonly<Record<number, Numbers>> = {
  1: {
    bytes: 1,
    isWhole: true,
    signed: (view, at) => view.getInt8(at),
    unsigned: (view, at) => view.getUint8(at),
  },
  2: short,
  3: int24OrLong,
  4: float(4, (view, at) => view.getFloat32(at, true)),
  [DOUBLE]: float(8, (view, at) => view.getFloat64(at, true)),
  8: { bytes: 8, isWhole: true, signed: readSigned, unsigned: readUnsigned },
  9: int24OrLong,
  13: { ...short, signed: short.unsigned },
};

/** Texts and bytes; what is JSON is told by its extended format. */
const strings: ReadonlySet<number> = new Set([15, 249, 250, 251, 252, 253, 254]);

const UNSIGNED = 32;
const BINARY = 63;

/** Most are numbers, which are read faster than bigint. */
function readSigned(view: DataView, at: number): number | bigint {
  const value = view.getInt32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
  return Number.isSafeInteger(value) ? value : view.getBigInt64(at, true);
}

function readUnsigned(view: DataView, at: number): number | bigint {
  const value = view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
  return Number.isSafeInteger(value) ? value : view.getBigUint64(at, true);
}

type Value = (packet: Packet, view: DataView) => SqlValue;

/** Writes rows to the columns of `fill`. */
export class RowWriter {
  readonly #columns: readonly Fillable[];
  readonly #values: readonly Value[];
  readonly #doubles: readonly (Cells | undefined)[];
  readonly #maskBytes: number;
  #buffer: Buffer | undefined;
  #view: DataView = new DataView(new ArrayBuffer(0));

  /** Undefined where a field is of another type than numbers, texts and bytes. */
  static of(fields: readonly BinaryField[], columns: readonly Fillable[]): RowWriter | undefined {
    const values = fields.map((field, i) => valueOf(field, columns[i]));
    if (!values.every((value) => value !== undefined)) return undefined;
    return new RowWriter(fields, columns, values);
  }

  private constructor(
    fields: readonly BinaryField[],
    columns: readonly Fillable[],
    values: readonly Value[],
  ) {
    this.#columns = columns;
    this.#values = values;
    this.#doubles = fields.map(({ columnType }, i) => {
      const column = columns[i];
      return columnType === DOUBLE && "data" in column ? column : undefined;
    });
    // Two bits of the first byte stand for nothing.
    this.#maskBytes = (fields.length + 9) >> 3;
  }

  /** @throws Unfit for a value that its column does not take. */
  write(packet: Packet, row: number): void {
    const { buffer } = packet;
    if (buffer !== this.#buffer) {
      this.#buffer = buffer;
      this.#view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    }
    const view = this.#view;
    const mask = packet.offset + 1;
    let at = mask + this.#maskBytes;
    for (let i = 0; i < this.#columns.length; i++) {
      const bit = i + 2;
      const isNull = (buffer[mask + (bit >> 3)] & (1 << (bit & 7))) !== 0;
      const cells = this.#doubles[i];
      if (isNull) put(this.#columns[i], row, null);
      else if (cells !== undefined) {
        if (row < cells.length) cells.data[row * cells.width + cells.at] = view.getFloat64(at, true);
        at += 8;
      } else {
        packet.offset = at;
        put(this.#columns[i], row, this.#values[i](packet, view));
        at = packet.offset;
      }
    }
  }
}

function valueOf(
  { columnType, characterSet, flags, encoding, extendedFormat }: BinaryField,
  column: Fillable,
): Value | undefined {
  const number = numbers[columnType];
  if (number !== undefined) {
    const read = (flags & UNSIGNED) === 0 ? number.signed : number.unsigned;
    const isBig = number.isWhole && (Array.isArray(column) || column instanceof BigInt64Array);
    return (packet, view) => {
      const value = read(view, packet.offset);
      packet.offset += number.bytes;
      return isBig ? BigInt(value) : value;
    };
  }
  if (!strings.has(columnType) || extendedFormat === "json") return undefined;
  return characterSet === BINARY
    ? (packet) => packet.readLengthCodedBuffer()
    : (packet) => packet.readLengthCodedString(encoding);
}
