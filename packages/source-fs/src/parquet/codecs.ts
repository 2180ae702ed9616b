/** What pages are compressed with. Nothing larger is made than a page says, nor than its codec can make of so few bytes. */
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { compressors, decompressZstd } from "hyparquet-compressors";

/** Bytes that one compressed byte may stand for, by the format of each. */
const ratios: Readonly<Record<string, number>> = {
  UNCOMPRESSED: 1,
  // A copy of 64 bytes takes two or three.
  SNAPPY: 32,
  LZ4: 256,
  LZ4_RAW: 256,
  GZIP: 1032,
  // A block of 128 kB takes four.
  ZSTD: 2 ** 15,
  // A run of 16 MB takes a few.
  BROTLI: 2 ** 24,
};

/** Damaged metadata names a codec by a number that none has. */
function unknownCodec(codec: string | undefined): Error {
  return new Error(`it is compressed with ${codec ?? "a codec that has no name"}, which is not known`);
}

/** The most that `bytes` compressed ones can be. Throws a plain Error for a codec that is not known. */
export function mostExpanded(codec: string | undefined, bytes: number): number {
  const ratio = codec === undefined ? undefined : ratios[codec];
  if (ratio !== undefined) return codec === "UNCOMPRESSED" ? bytes : (bytes + 16) * ratio;
  throw unknownCodec(codec);
}

/** The `size` bytes that were compressed. Throws a plain Error where they are not. */
export function decompressed(codec: string, bytes: Uint8Array, size: number): Uint8Array {
  if (size === 0) return new Uint8Array(0);
  const content = decompress(codec, bytes, size);
  if (content.length !== size)
    throw new Error(`a page must have ${size} bytes once it is not compressed, had ${content.length}`);
  return content;
}

function decompress(codec: string, bytes: Uint8Array, size: number): Uint8Array {
  switch (codec) {
    case "UNCOMPRESSED":
      return bytes;
    case "SNAPPY":
      if (snappyLength(bytes) !== size) throw new Error("a page says two sizes");
      return compressors.SNAPPY?.(bytes, size) as Uint8Array;
    // Node's own are several times faster than those in JavaScript, and take a limit.
    case "GZIP":
      return gunzipSync(bytes, { maxOutputLength: size });
    case "BROTLI":
      return brotliDecompressSync(bytes, { maxOutputLength: size });
    case "ZSTD":
      // With a place to write to, it believes no size of its own.
      return decompressZstd(bytes, new Uint8Array(size));
    case "LZ4":
      return compressors.LZ4?.(bytes, size) as Uint8Array;
    case "LZ4_RAW":
      return compressors.LZ4_RAW?.(bytes, size) as Uint8Array;
    default:
      throw unknownCodec(codec);
  }
}

/** What Snappy's own head says. */
function snappyLength(bytes: Uint8Array): number {
  let length = 0;
  for (let i = 0; i < 5 && i < bytes.length; i++) {
    length += (bytes[i] & 0x7f) * 2 ** (7 * i);
    if (bytes[i] < 0x80) return length;
  }
  return -1;
}
