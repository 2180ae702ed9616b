/** Texts, bytes and decimals of pages, one behind the other. */
import type { PlainValues } from "../columnar/raw.js";
import { joinStreams, unpackDelta } from "./delta.js";
import { type Content, outside, type ValueStore } from "./content.js";

/** Values of any length, or all of `width` bytes. */
export function packedStore(width: number | undefined, most: number, mostBytes: number): ValueStore {
  const starts = new Uint32Array(most + 1);
  let bytes = new Uint8Array(0);
  let used = 0;

  const makeRoom = (more: number): void => {
    const needed = used + more;
    if (needed > mostBytes) throw new Error(`its values take more than ${mostBytes} bytes in one row group`);
    if (needed <= bytes.length) return;
    const larger = new Uint8Array(Math.min(mostBytes, Math.max(needed, bytes.length * 2)));
    larger.set(bytes.subarray(0, used));
    bytes = larger;
  };
  const push = (source: Uint8Array, from: number, length: number, index: number): void => {
    makeRoom(length);
    bytes.set(source.subarray(from, from + length), used);
    used += length;
    starts[index + 1] = used;
  };

  return {
    take(content, at) {
      const { bytes: source, start, count, encoding } = content;
      switch (encoding) {
        case "PLAIN":
          makeRoom(Math.min(source.length - start, mostBytes - used));
          return width === undefined ? plain(content, at) : fixed(source.subarray(start), count, width, at);
        case "BYTE_STREAM_SPLIT": {
          if (width === undefined || count * width > source.length - start)
            throw new Error("a page ends before its last value");
          const joined = new Uint8Array(count * width);
          joinStreams(source.subarray(start), joined, width);
          return fixed(joined, count, width, at);
        }
        case "DELTA_LENGTH_BYTE_ARRAY":
          return afterLengths(content, at);
        case "DELTA_BYTE_ARRAY":
          return afterPrefixes(content, at);
        default:
          throw new Error(`its values are written as ${encoding}, which is not known`);
      }
    },
    lookUp(dictionary, codes, at) {
      const { bytes: source, starts: from } = dictionary as PlainValues & { form: "packed" };
      const count = from.length - 1;
      for (let i = 0; i < codes.length; i++) {
        const code = codes[i];
        if (code < 0 || code >= count) throw outside(code);
        push(source, from[code], from[code + 1] - from[code], at + i);
      }
    },
    finish: (count) => ({
      form: "packed",
      bytes: bytes.subarray(0, used),
      starts: starts.subarray(0, count + 1),
    }),
  };

  function plain({ bytes: source, start, count }: Content, at: number): void {
    const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
    let place = start;
    for (let i = 0; i < count; i++) {
      if (place + 4 > source.length) throw new Error("a page ends before its last value");
      const length = view.getUint32(place, true);
      place += 4;
      if (length > source.length - place) throw new Error(`a value of ${length} bytes goes beyond its page`);
      push(source, place, length, at + i);
      place += length;
    }
  }

  function fixed(source: Uint8Array, count: number, each: number, at: number): void {
    if (count * each > source.length) throw new Error("a page ends before its last value");
    makeRoom(count * each);
    bytes.set(source.subarray(0, count * each), used);
    for (let i = 0; i < count; i++) starts[at + i + 1] = used + (i + 1) * each;
    used += count * each;
  }

  function afterLengths(content: Content, at: number): void {
    const lengths = new Int32Array(content.count);
    let place = unpackDelta(content, lengths);
    for (let i = 0; i < content.count; i++) {
      if (lengths[i] < 0 || lengths[i] > content.bytes.length - place)
        throw new Error(`a value of ${lengths[i]} bytes goes beyond its page`);
      push(content.bytes, place, lengths[i], at + i);
      place += lengths[i];
    }
  }

  /** Each begins as the one before it does, so far as the first numbers say. */
  function afterPrefixes(content: Content, at: number): void {
    const { bytes: source, count } = content;
    const [prefixes, suffixes] = [new Int32Array(count), new Int32Array(count)];
    const second = unpackDelta(content, prefixes);
    let place = unpackDelta({ ...content, start: second }, suffixes);
    for (let i = 0; i < count; i++) {
      const [prefix, suffix] = [prefixes[i], suffixes[i]];
      const before = i === 0 ? 0 : starts[at + i] - starts[at + i - 1];
      if (prefix < 0 || prefix > before || suffix < 0 || suffix > source.length - place)
        throw new Error("a value has other lengths than its page has bytes");
      makeRoom(prefix + suffix);
      bytes.copyWithin(used, i === 0 ? 0 : starts[at + i - 1], i === 0 ? 0 : starts[at + i - 1] + prefix);
      bytes.set(source.subarray(place, place + suffix), used + prefix);
      used += prefix + suffix;
      starts[at + i + 1] = used;
      place += suffix;
    }
  }
}
