/** Schemas that many records share, kept once in the memory of a cache: records point to them. */
import { headerBytes, type Schema, type Schemas } from "./record.js";
import { unitBytes } from "./table.js";

/** The bit by which a record's second word is told to be a reference, in units, instead of a schema's length. */
const referenceBit = 0x80000000;

/** More structures than this in one dataset stay with their records. */
const mostInterned = 1024;

export const isReference = (word: number): boolean => word >= referenceBit;

/** A record as it is kept where its schema is elsewhere: its length, the reference, and its values. */
export function compact(record: Buffer, { valuesAt }: Schema, reference: number): Buffer {
  const kept = Buffer.allocUnsafe(headerBytes + record.length - valuesAt);
  kept.writeUInt32LE(record.length, 0);
  kept.writeUInt32LE(reference, 4);
  kept.set(record.subarray(valuesAt), headerBytes);
  return kept;
}

/** Where there is room for so many bytes, written there; undefined for none. */
type Keep = (bytes: Uint8Array) => number | undefined;

export class InternedSchemas {
  readonly #schemas: Schemas;
  /** Undefined until a second record has the schema: that of one alone would save nothing. */
  readonly #references = new Map<Schema, number | undefined>();
  readonly #byReference = new Map<number, Schema>();
  /** Most records refer to what the one before did. */
  #lastWord = 0;
  #last: Schema | undefined;

  constructor(schemas: Schemas) {
    this.#schemas = schemas;
  }

  /** The second word of a record instead of its schema; undefined where the schema stays with it. */
  referenceFor(schema: Schema, keep: Keep): number | undefined {
    if (!this.#references.has(schema)) {
      if (this.#references.size < mostInterned) this.#references.set(schema, undefined);
      return undefined;
    }
    const known = this.#references.get(schema);
    if (known !== undefined) return known;
    const start = keep(schema.record);
    if (start === undefined || start / unitBytes >= referenceBit) return undefined;
    const reference = (referenceBit | (start / unitBytes)) >>> 0;
    this.#references.set(schema, reference);
    this.#byReference.set(reference, schema);
    return reference;
  }

  /** The schema that a record refers to. */
  at(word: number, read: (start: number, length: number) => Uint8Array): Schema {
    if (word === this.#lastWord && this.#last !== undefined) return this.#last;
    const schema = this.#byReference.get(word) ?? this.#read(word, read);
    this.#lastWord = word;
    this.#last = schema;
    return schema;
  }

  #read(word: number, read: (start: number, length: number) => Uint8Array): Schema {
    const start = (word - referenceBit) * unitBytes;
    const header = Buffer.from(read(start, headerBytes));
    const schema = this.#schemas.of(Buffer.from(read(start, header.readUInt32LE(0))));
    this.#byReference.set(word, schema);
    return schema;
  }
}
