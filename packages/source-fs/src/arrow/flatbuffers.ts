/**
 * Tables of FlatBuffers, as Arrow's metadata are written: read where they lie, and never beyond their bytes.
 * https://flatbuffers.dev/internals/
 */

/** Throws a RangeError, as DataView does, for whatever would lie outside. */
export class Table {
  readonly #view: DataView;
  readonly #at: number;
  readonly #fields: number;
  readonly #size: number;

  constructor(view: DataView, at: number) {
    this.#view = view;
    this.#at = at;
    this.#fields = at - view.getInt32(at, true);
    this.#size = view.getUint16(this.#fields, true);
  }

  static root(bytes: Uint8Array): Table {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return new Table(view, view.getUint32(0, true));
  }

  int8(field: number, otherwise = 0): number {
    const place = this.#place(field);
    return place === undefined ? otherwise : this.#view.getInt8(place);
  }

  int16(field: number, otherwise = 0): number {
    const place = this.#place(field);
    return place === undefined ? otherwise : this.#view.getInt16(place, true);
  }

  int32(field: number, otherwise = 0): number {
    const place = this.#place(field);
    return place === undefined ? otherwise : this.#view.getInt32(place, true);
  }

  /** A whole number that is no less than 0, and that a double holds. */
  count(field: number): number {
    const place = this.#place(field);
    return place === undefined ? 0 : countAt(this.#view, place);
  }

  bool(field: number): boolean {
    return this.int8(field) !== 0;
  }

  text(field: number): string {
    const place = this.#place(field);
    if (place === undefined) return "";
    const start = place + this.#view.getUint32(place, true);
    const length = this.#view.getUint32(start, true);
    this.#requireRoom(start + 4, length);
    const { buffer, byteOffset } = this.#view;
    return Buffer.from(buffer, byteOffset + start + 4, length).toString("utf8");
  }

  table(field: number): Table | undefined {
    const place = this.#place(field);
    return place === undefined ? undefined : new Table(this.#view, place + this.#view.getUint32(place, true));
  }

  tables(field: number): Table[] {
    const { start, length } = this.#list(field, 4);
    return Array.from({ length }, (_, i) => {
      const place = start + 4 * i;
      return new Table(this.#view, place + this.#view.getUint32(place, true));
    });
  }

  /** Records of two whole numbers each. */
  pairs(field: number): (readonly [number, number])[] {
    const { start, length } = this.#list(field, 16);
    return Array.from({ length }, (_, i) => {
      const place = start + 16 * i;
      return [countAt(this.#view, place), countAt(this.#view, place + 8)] as const;
    });
  }

  /** The first whole number of records of `size` bytes. */
  firsts(field: number, size: number): number[] {
    const { start, length } = this.#list(field, size);
    return Array.from({ length }, (_, i) => countAt(this.#view, start + size * i));
  }

  counts(field: number): number[] {
    return this.firsts(field, 8);
  }

  #list(field: number, size: number): { readonly start: number; readonly length: number } {
    const place = this.#place(field);
    if (place === undefined) return { start: 0, length: 0 };
    const at = place + this.#view.getUint32(place, true);
    const length = this.#view.getUint32(at, true);
    this.#requireRoom(at + 4, length * size);
    return { start: at + 4, length };
  }

  #requireRoom(start: number, length: number): void {
    if (length > this.#view.byteLength - start) throw new RangeError("its metadata go on beyond their end");
  }

  #place(field: number): number | undefined {
    const place = 4 + 2 * field;
    if (place + 2 > this.#size) return undefined;
    const offset = this.#view.getUint16(this.#fields + place, true);
    return offset === 0 ? undefined : this.#at + offset;
  }
}

function countAt(view: DataView, place: number): number {
  const number = Number(view.getBigInt64(place, true));
  if (number >= 0 && number <= Number.MAX_SAFE_INTEGER) return number;
  throw new RangeError(`its metadata have a number that cannot be: ${number}`);
}
