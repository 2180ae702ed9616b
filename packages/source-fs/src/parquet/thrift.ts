/**
 * Whether bytes are a structure of Thrift's compact protocol that ends where it says: hyparquet believes the sizes of lists
 * and numbers that it reads, so that a few wrong bytes would take all memory.
 * https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */

const stop = 0;
const [boolTrue, boolFalse, byte, i16, i32, i64, double, binary, list, set, map, struct] = [
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
];

/** Structures within structures; those of Parquet have about ten. */
const deepest = 32;

/** Where the structure ends that begins at `start`. Throws a plain Error where there is none before `end`. */
export function endOfThrift(bytes: Uint8Array, start: number, end: number): number {
  let at = start;

  const take = (count: number): void => {
    if (count > end - at) throw new Error("a structure goes on beyond its end");
    at += count;
  };
  const varint = (mostBytes: number): number => {
    let value = 0;
    for (let i = 0; i < mostBytes; i++) {
      take(1);
      const next = bytes[at - 1];
      value += (next & 0x7f) * 2 ** (7 * i);
      if (next < 0x80) return value;
    }
    throw new Error("a number has too many digits");
  };
  const element = (type: number, depth: number): void => {
    switch (type) {
      case byte:
        return take(1);
      case i16:
      case i32:
        return void varint(5);
      case i64:
        return void varint(10);
      case double:
        return take(8);
      case binary:
        return take(varint(5));
      case list:
      case set:
        return elements(depth);
      case struct:
        return fields(depth + 1);
      default:
        throw new Error(type === map ? "maps have no place in Parquet" : `there is no type ${type}`);
    }
  };
  const elements = (depth: number): void => {
    if (depth > deepest) throw new Error("structures stand too deep in each other");
    take(1);
    const head = bytes[at - 1];
    const size = head >> 4 === 15 ? varint(5) : head >> 4;
    const type = head & 15;
    const isBool = type === boolTrue || type === boolFalse;
    if (size > end - at) throw new Error("a list goes on beyond its end");
    for (let i = 0; i < size; i++) element(isBool ? byte : type, depth + 1);
  };
  const fields = (depth: number): void => {
    if (depth > deepest) throw new Error("structures stand too deep in each other");
    for (;;) {
      take(1);
      const head = bytes[at - 1];
      const type = head & 15;
      if (type === stop) return;
      if (head >> 4 === 0) varint(5);
      if (type !== boolTrue && type !== boolFalse) element(type, depth);
    }
  };

  fields(0);
  return at;
}
