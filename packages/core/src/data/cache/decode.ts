/** A record as the sample it was made of. */
import { type ArrayField, arrayTypes, type Field, type Schemas } from "./record.js";

/** A typed array's constructor over memory that exists. */
type ArrayOver = new (buffer: ArrayBufferLike, offset: number, length: number) => ArrayBufferView;

/**
 * The sample of `record`, which must start at a multiple of 8 in its memory. Its arrays are views of the record, so the
 * caller gives its own copy away.
 */
export function decode(record: Buffer, schemas: Schemas): unknown {
  const { field, valuesAt } = schemas.of(record);
  return valueOf(field, record, valuesAt);
}

function valueOf(field: Field, record: Buffer, start: number): unknown {
  switch (field.kind) {
    case "number":
      return record.readDoubleLE(start + field.at);
    case "boolean":
      return record.readDoubleLE(start + field.at) === 1;
    case "text":
      return textAt(record, start, field.at);
    case "bigint":
      return BigInt(textAt(record, start, field.at));
    case "null":
      return null;
    case "undefined":
      return undefined;
    case "numbers":
      return Array.from({ length: field.length }, (_, i) => record.readDoubleLE(start + field.at + i * 8));
    case "array":
      return arrayOf(field, record, start);
    case "list":
      return field.fields.map((item) => valueOf(item, record, start));
    case "object":
      return Object.fromEntries(field.keys.map((key, i) => [key, valueOf(field.fields[i], record, start)]));
    case "bare": {
      const bare = Object.create(null) as Record<string, unknown>;
      field.keys.forEach((key, i) => (bare[key] = valueOf(field.fields[i], record, start)));
      return bare;
    }
    default:
      return field satisfies never;
  }
}

/** The string that a `text` or `bigint` field points to; `start` is where the values start. */
export function textAt(record: Buffer, start: number, at: number): string {
  const from = start + record.readUInt32LE(start + at);
  const size = record.readUInt32LE(start + at + 4);
  const length = Math.floor(size / 2);
  return record.toString(size % 2 === 1 ? "utf16le" : "latin1", from, from + length);
}

function arrayOf(field: ArrayField, record: Buffer, start: number): unknown {
  const { type, length, dtype, shape } = field;
  const offset = record.byteOffset + start + field.at;
  const data =
    type === "Buffer"
      ? Buffer.from(record.buffer, offset, length)
      : new (arrayTypes[type] as unknown as ArrayOver)(record.buffer, offset, length);
  // A shape of its own: the schema's serves every sample.
  return dtype === undefined ? data : { dtype, shape: [...(shape ?? [])], data };
}
