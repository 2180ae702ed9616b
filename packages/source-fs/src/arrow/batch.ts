/** One batch of rows, or of a dictionary's values: where the buffers of each field lie, and what they hold. */
import { decompressZstd } from "hyparquet-compressors";
import type { Table } from "./flatbuffers.js";
import { decompressFrame } from "./lz4-frame.js";
import type { Message } from "./messages.js";
import type { Field } from "./schema.js";

/** Where a field lies in a batch. */
export interface Place {
  /** Values, and how many are absent. */
  readonly count: number;
  readonly nulls: number;
  /** The first of its buffers, and how many of them its metadata add. */
  readonly buffer: number;
  readonly more: number;
}

export interface Batch {
  readonly rows: number;
  readonly places: ReadonlyMap<Field, Place>;
  /** The content of a buffer. */
  read(buffer: number): Promise<Uint8Array>;
}

/** Reads parts of the file. */
export type ReadBytes = (start: number, length: number) => Promise<Uint8Array>;

const codecs = ["LZ4_FRAME", "ZSTD"] as const;

/** `header` is that of a record batch, at `message`. Throws a plain Error where it says what cannot be. */
export function batchOf(
  header: Table,
  message: Message,
  fields: readonly Field[],
  readBytes: ReadBytes,
): Batch {
  const nodes = header.pairs(1);
  const regions = header.pairs(2);
  const compression = header.table(3);
  const codec = compression === undefined ? undefined : codecs[compression.int8(0)];
  if (compression !== undefined && codec === undefined)
    throw new Error("it is compressed in a way that is not known");
  const counts = header.counts(4);
  return {
    rows: header.count(0),
    places: placesOf(fields, nodes, regions.length, counts),
    async read(buffer) {
      const [offset, length] = regions[buffer];
      if (offset > message.bodyLength || length > message.bodyLength - offset)
        throw new Error("a buffer lies beyond the end of its batch");
      const bytes = await readBytes(message.body + offset, length);
      return codec === undefined || length === 0 ? bytes : uncompressed(bytes, codec);
    },
  };
}

function placesOf(
  fields: readonly Field[],
  nodes: readonly (readonly [number, number])[],
  buffers: number,
  counts: readonly number[],
): Map<Field, Place> {
  const places = new Map<Field, Place>();
  let [node, buffer, views] = [0, 0, 0];
  const walk = (field: Field): void => {
    const found = nodes[node++];
    if (found === undefined) throw new Error("its batch has fewer columns than its schema");
    const isView = field.layout.kind === "views" && field.dictionary === undefined;
    const more = isView ? (counts[views++] ?? 0) : 0;
    const [count, nulls] = found;
    places.set(field, { count, nulls, buffer, more });
    buffer += more + (field.dictionary === undefined ? field.buffers : 2);
    if (buffer > buffers) throw new Error("its batch has fewer buffers than its schema");
    // What the values of a dictionary are made of is in the dictionary alone.
    if (field.dictionary === undefined) field.children.forEach(walk);
  };
  fields.forEach(walk);
  return places;
}

/** Bytes that one compressed byte may stand for. */
const ratios = { LZ4_FRAME: 256, ZSTD: 2 ** 15 } as const;

/** The length of what is compressed stands before it; -1 where it is not. */
function uncompressed(bytes: Uint8Array, codec: (typeof codecs)[number]): Uint8Array {
  if (bytes.length < 8) throw new Error("a buffer ends before its length");
  const size = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigInt64(0, true));
  const rest = bytes.subarray(8);
  if (size === -1) return rest;
  if (!(size >= 0 && size <= Math.min(2 ** 31, (rest.length + 16) * ratios[codec])))
    throw new Error(`a buffer of ${rest.length} bytes cannot have ${size}`);
  return codec === "ZSTD" ? decompressZstd(rest, new Uint8Array(size)) : decompressFrame(rest, size);
}
