/** Blocks of rows as samples need them, and those that were read last. */
import { type ClassLabels, classLabels, type ColumnField, MillraceError } from "@millrace/core";
import { type Converter, converterFor } from "./convert.js";
import type { Opening } from "./opening.js";
import type { RawColumn } from "./raw.js";
import type { Raws } from "./row-values.js";
import type { Storage } from "./storage.js";
import { arraysOf, fieldReader, type Kept, type ReadField } from "./stored.js";

/** The rows of one block, decoded. */
export interface Block {
  readonly fields: readonly Kept[];
  readonly readers: readonly ReadField[];
  /** Rows with a value that no sample may hold, and what is wrong; undefined where there were too many to keep that. */
  readonly bad: ReadonlyMap<number, MillraceError | undefined>;
  readonly bytes: number;
}

/** Faults that are kept of one block; those of further rows are found again where somebody wants them. */
const mostFaults = 10_000;

export class Blocks {
  readonly #storage: Storage;
  readonly #fields: readonly ColumnField[];
  readonly #converters: readonly Converter[];
  readonly #names: readonly string[];
  readonly #mostBytes: number;
  /** In the order of their last use. */
  readonly #kept = new Map<number, Block>();
  readonly #reading = new Map<number, Promise<Block>>();
  #bytes = 0;
  #reads = 0;

  constructor(storage: Storage, { fields, classes }: Opening, mostBytes: number) {
    this.#storage = storage;
    this.#fields = fields;
    this.#converters = fields.map((column) => converterFor(column, classesOf(classes[column.field])));
    this.#names = [...new Set(fields.flatMap(({ from }) => from))];
    this.#mostBytes = mostBytes;
  }

  /** Blocks that were read, some of them several times. */
  get reads(): number {
    return this.#reads;
  }

  /** The block, if it is at hand. */
  peek(block: number): Block | undefined {
    const found = this.#kept.get(block);
    if (found === undefined) return undefined;
    this.#kept.delete(block);
    this.#kept.set(block, found);
    return found;
  }

  /** @throws MillraceError */
  async get(block: number): Promise<Block> {
    const found = this.peek(block);
    if (found !== undefined) return found;
    const under = this.#reading.get(block);
    if (under !== undefined) return under;
    const reading = this.#read(block);
    this.#reading.set(block, reading);
    try {
      const made = await reading;
      this.#keep(block, made);
      return made;
    } finally {
      this.#reading.delete(block);
    }
  }

  /** Throws what is wrong with a row that is bad, naming `place`. */
  async explain(block: number, row: number, place: string): Promise<never> {
    const fault = this.#kept.get(block)?.bad.get(row);
    if (fault !== undefined) {
      const { code, message, hint } = fault;
      throw new MillraceError(code, message, { hint, where: [place] });
    }
    const raws = await this.#storage.read(block, this.#names);
    for (const [i, converter] of this.#converters.entries())
      converter.explain(this.#rawsOf(i, raws), row, place);
    throw new MillraceError("FILE_FORMAT", "a row must hold what it held when its block was read", {
      where: [place],
    });
  }

  clear(): void {
    this.#kept.clear();
    this.#bytes = 0;
  }

  #rawsOf(field: number, raws: readonly RawColumn[]): Raws {
    return this.#fields[field].from.map((name) => raws[this.#names.indexOf(name)]);
  }

  async #read(block: number): Promise<Block> {
    this.#reads++;
    const raws = await this.#storage.read(block, this.#names);
    const bad = new Map<number, MillraceError | undefined>();
    const mark = (row: number, fault: MillraceError): void => {
      if (!bad.has(row)) bad.set(row, bad.size < mostFaults ? fault : undefined);
    };
    const fields = this.#converters.map((converter, i) => converter.convert(this.#rawsOf(i, raws), mark));
    const readers = fields.map((kept, i) => fieldReader(this.#fields[i], kept));
    const bytes = fields.flatMap(arraysOf).reduce((sum, { byteLength }) => sum + byteLength, 0);
    return { fields, readers, bad, bytes };
  }

  #keep(block: number, made: Block): void {
    this.#kept.set(block, made);
    this.#bytes += made.bytes;
    for (const [oldest, { bytes }] of this.#kept) {
      if (this.#bytes <= this.#mostBytes || oldest === block) return;
      this.#kept.delete(oldest);
      this.#bytes -= bytes;
    }
  }
}

function classesOf(names: readonly string[] | undefined): ClassLabels | undefined {
  return names && classLabels([], names);
}
