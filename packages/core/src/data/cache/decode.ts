/** A record as the sample it was made of. */
import {
  type ArrayField,
  arrayTypes,
  type Field,
  type ObjectField,
  type Schemas,
  sequenceAt,
} from "./record.js";

/** A typed array's constructor over memory that exists. */
type ArrayOver = new (buffer: ArrayBufferLike, offset: number, length: number) => ArrayBufferView;

/** The sample of a record. Its arrays are views of the record, so the caller gives its own copy away. */
export function decode(record: Buffer, schemas: Schemas): unknown {
  const { field, valuesAt } = schemas.of(record);
  return valueOf(field, record, valuesAt);
}

/** The same of values alone, which must start at a multiple of 8 in their memory. */
export function valueOf(field: Field, record: Buffer, start: number): unknown {
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
    case "sequence":
      return arrayOf(sequenceAt(field, record, start), record, start);
    case "list":
      return field.fields.map((item) => valueOf(item, record, start));
    case "object":
      return objectOf(field, record, start);
    case "bare": {
      const bare = Object.create(null) as Record<string, unknown>;
      field.keys.forEach((key, i) => (bare[key] = valueOf(field.fields[i], record, start)));
      return bare;
    }
    default:
      return field satisfies never;
  }
}

function objectOf({ keys, fields }: ObjectField, record: Buffer, start: number): unknown {
  const object: Record<string, unknown> = {};
  for (let i = 0; i < keys.length; i++) {
    const value = valueOf(fields[i], record, start);
    // Assigned, it would be the object's prototype.
    if (keys[i] === "__proto__") define(object, keys[i], value);
    else object[keys[i]] = value;
  }
  return object;
}

function define(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
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
