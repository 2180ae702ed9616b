/** Values that are written as differences, or byte by byte. */
import { deltaBinaryUnpack } from "hyparquet/src/delta.js";
import type { Content } from "./content.js";

/**
 * Differences of whole numbers; returns where they end.
 * https://parquet.apache.org/docs/file-format/data-pages/encodings/#delta-encoding-delta_binary_packed--5
 */
export function unpackDelta({ bytes, start, count }: Content, target: Int32Array | BigInt64Array): number {
  // Of none there may be no head, and the decoder writes the first value in any case.
  if (count === 0) return start;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [block, miniblocks, total] = varints(bytes, start, 3);
  const per = block / miniblocks;
  if (!(block > 0 && block <= 2 ** 20 && miniblocks > 0 && Number.isInteger(per) && per % 8 === 0))
    throw new Error(`differences cannot stand in blocks of ${block} and ${miniblocks}`);
  if (total !== count) throw new Error(`a page of ${count} values has ${total} differences`);
  const reader = { view, offset: start };
  deltaBinaryUnpack(reader, count, target);
  return reader.offset;
}

function varints(bytes: Uint8Array, start: number, count: number): number[] {
  const found: number[] = [];
  let value = 0;
  let shift = 0;
  for (let at = start; found.length < count; at++) {
    if (at >= bytes.length || shift > 28) throw new Error("a page ends before its first value");
    value += (bytes[at] & 0x7f) * 2 ** shift;
    shift += 7;
    if (bytes[at] >= 0x80) continue;
    found.push(value);
    [value, shift] = [0, 0];
  }
  return found;
}

/** All first bytes stand together, then all second ones. */
export function joinStreams(bytes: Uint8Array, target: Uint8Array, width: number): void {
  const count = target.length / width;
  for (let part = 0; part < width; part++) {
    const from = part * count;
    for (let i = 0; i < count; i++) target[i * width + part] = bytes[from + i];
  }
}
