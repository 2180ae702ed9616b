/** Decodes small, plain PNG files at once: for an image of 28 by 28, sharp takes ten times longer to get ready. */
import { crc32, inflateSync } from "node:zlib";

/** The plain samples of a PNG file. */
export interface PngPixels {
  readonly width: number;
  readonly height: number;
  /** 1 gray, 2 gray and alpha, 3 colour, 4 colour and alpha. */
  readonly channels: number;
  readonly data: Uint8Array;
}

export interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
const channelsOfColourType: Readonly<Record<number, number>> = { 0: 1, 2: 3, 4: 2, 6: 4 };
// Above this, sharp is faster, and would leave the thread free meanwhile.
const mostPixels = 128 * 128;
// Chunks that say how to see the samples, or that they are not all there is.
const telling = new Set(["tRNS", "iCCP", "PLTE", "acTL", "cICP"]);

/** Size and channels of a PNG file that `decodeSmallPng` may take: at most 128² pixels, 8 bit, not interlaced. */
export function smallPngHeader(file: Buffer): PngHeader | undefined {
  if (file.length < 45 || !file.subarray(0, 8).equals(signature)) return undefined;
  const [bits, colourType, , , interlace] = file.subarray(24, 29);
  const channels = channelsOfColourType[colourType];
  const [width, height] = [file.readUInt32BE(16), file.readUInt32BE(20)];
  if (bits !== 8 || interlace !== 0 || channels === undefined) return undefined;
  return width * height > 0 && width * height <= mostPixels ? { width, height, channels } : undefined;
}

// Chunks in which older programs wrap EXIF.
const wrapping = new Set(["tEXt", "zTXt", "iTXt"]);

/**
 * The pixels of a PNG file (W3C Portable Network Graphics, third edition), or undefined where the file is faulty in any
 * way or holds more than samples: a full decoder then says what is wrong, or makes the best of it; with `autoOrient`, also where it may have to be turned.
 */
export function decodeSmallPng(file: Buffer, header: PngHeader, autoOrient = false): PngPixels | undefined {
  const { width, height, channels } = header;
  const compressed = imageData(file, autoOrient);
  if (compressed === undefined) return undefined;
  const rowBytes = width * channels;
  const expected = height * (rowBytes + 1);
  try {
    const filtered = inflateSync(compressed, { maxOutputLength: expected + 1 });
    if (filtered.length !== expected) return undefined;
    const data = new Uint8Array(height * rowBytes);
    for (let y = 0; y < height; y++) {
      if (!unfilter(filtered, y * (rowBytes + 1), data, y * rowBytes, rowBytes, channels)) return undefined;
    }
    return { width, height, channels, data };
  } catch {
    return undefined;
  }
}

/** The contents of all IDAT chunks, every chunk's checksum being right. */
function imageData(file: Buffer, autoOrient: boolean): Buffer | undefined {
  const parts: Buffer[] = [];
  for (let start = 8; start + 12 <= file.length; ) {
    const length = file.readUInt32BE(start);
    const end = start + 8 + length;
    if (end + 4 > file.length) return undefined;
    if (crc32(file.subarray(start + 4, end)) !== file.readUInt32BE(end)) return undefined;
    const type = file.toString("latin1", start + 4, start + 8);
    if (telling.has(type) || (autoOrient && mayTurn(file, type, start))) return undefined;
    if (type === "IDAT") parts.push(file.subarray(start + 8, end));
    if (type === "IEND") return parts.length === 1 ? parts[0] : Buffer.concat(parts);
    start = end + 4;
  }
  return undefined;
}

function mayTurn(file: Buffer, type: string, start: number): boolean {
  const keyword = "Raw profile type";
  const isWrapped =
    wrapping.has(type) && file.toString("latin1", start + 8, start + 8 + keyword.length) === keyword;
  return type === "eXIf" || isWrapped;
}

/** Undoes the filter of one row (section 9.2); false if there is no such filter. */
function unfilter(
  from: Uint8Array,
  start: number,
  to: Uint8Array,
  row: number,
  length: number,
  step: number,
): boolean {
  const filter = from[start];
  if (filter > 4) return false;
  for (let i = 0; i < length; i++) {
    const left = i >= step ? to[row + i - step] : 0;
    const above = row > 0 ? to[row + i - length] : 0;
    const corner = row > 0 && i >= step ? to[row + i - length - step] : 0;
    to[row + i] = from[start + 1 + i] + predicted(filter, left, above, corner);
  }
  return true;
}

function predicted(filter: number, left: number, above: number, corner: number): number {
  if (filter === 0) return 0;
  if (filter === 1) return left;
  if (filter === 2) return above;
  if (filter === 3) return (left + above) >> 1;
  const toLeft = Math.abs(above - corner);
  const toAbove = Math.abs(left - corner);
  const toCorner = Math.abs(left + above - 2 * corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}
