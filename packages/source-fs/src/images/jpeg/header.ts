/** What a JPEG file says of itself before its first scan: size, channels, colour profile, orientation. */
import { isSrgb } from "./srgb-profile.js";

export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** 1 gray, 3 colour, 4 CMYK or YCCK. */
  readonly channels: number;
  /** True if an ICC profile says that the colours are meant otherwise than as sRGB. */
  readonly hasProfile: boolean;
  /** EXIF's number, 1 to 8; 1 is upright, and what a file without EXIF has. */
  readonly orientation: number;
  /** Where the file states its height and width, two bytes each. */
  readonly sizeAt: number;
}

const scan = 0xda;
/** Frames of 8-bit samples in Huffman code: baseline, extended, progressive. */
const frames = new Set([0xc0, 0xc1, 0xc2]);
/** Frames of all other kinds. */
const otherFrames = new Set([0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf]);
/** Markers without a segment. */
const isBare = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);

/** True for the first bytes of a JPEG file. */
export function isJpeg(file: Uint8Array): boolean {
  return file.length > 3 && file[0] === 0xff && file[1] === 0xd8 && file[2] === 0xff;
}

/**
 * Reads the segments before the first scan (ITU-T T.81, annex B); undefined where the file is faulty up to there, or of
 * a kind that few decoders read: 12-bit, lossless, arithmetic code.
 */
export function jpegHeader(file: Buffer): JpegHeader | undefined {
  if (!isJpeg(file)) return undefined;
  let header: Omit<JpegHeader, "hasProfile" | "orientation"> | undefined;
  let hasProfile = false;
  let orientation = 1;
  for (const { marker, segment } of segments(file)) {
    if (marker === scan) return header && { ...header, hasProfile, orientation };
    if (otherFrames.has(marker)) return undefined;
    if (frames.has(marker)) {
      if (segment.length < 6 || segment[0] !== 8) return undefined;
      const [height, width] = [segment.readUInt16BE(1), segment.readUInt16BE(3)];
      header = { height, width, channels: segment[5], sizeAt: segment.byteOffset - file.byteOffset + 1 };
    } else if (marker === 0xe1) orientation = exifOrientation(segment) ?? orientation;
    else if (marker === 0xe2) hasProfile ||= startsWith(segment, "ICC_PROFILE\0") && !isSrgb(segment);
  }
  return undefined;
}

/**
 * False where `bytes` of a file cannot be so many pixels: each block of 8 × 8 takes a bit at the very least (T.81, annexes F and G).
 * Decoders fill what is missing with gray, however much it is.
 */
export function canHold(bytes: number, { width, height }: Pick<JpegHeader, "width" | "height">): boolean {
  return Math.ceil(width / 8) * Math.ceil(height / 8) <= 8 * bytes;
}

/** Ends where the file does not go on as it should; the first scan is the last segment. */
function* segments(file: Buffer): Iterable<{ marker: number; segment: Buffer }> {
  let at = 2;
  while (at + 4 <= file.length && file[at] === 0xff) {
    const marker = file[at + 1];
    // Any number of 0xff may fill the space before a marker.
    if (marker === 0xff) at++;
    else if (isBare(marker)) at += 2;
    else {
      const length = file.readUInt16BE(at + 2);
      if (length < 2 || at + 2 + length > file.length) return;
      yield { marker, segment: file.subarray(at + 4, at + 2 + length) };
      at += 2 + length;
    }
  }
}

/** The orientation in an EXIF segment's first directory (EXIF 2.32, tag 0x112). */
function exifOrientation(segment: Buffer): number | undefined {
  if (!startsWith(segment, "Exif\0\0") || segment.length < 14) return undefined;
  const tiff = segment.subarray(6);
  const littleEndian = tiff[0] === 0x49;
  const short = (at: number): number => (littleEndian ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const directory = littleEndian ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  if (directory + 2 > tiff.length) return undefined;
  for (
    let at = directory + 2, left = short(directory);
    left > 0 && at + 12 <= tiff.length;
    left--, at += 12
  ) {
    if (short(at) === 0x112) return short(at + 8);
  }
  return undefined;
}

function startsWith(segment: Buffer, text: string): boolean {
  return segment.toString("latin1", 0, text.length) === text;
}
