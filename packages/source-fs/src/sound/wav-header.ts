/** The header of WAV files (RIFF WAVE): how samples are written, how many there are, and where they lie. */
import { MillraceError } from "@millrace/core";

/** Numbers of one file. */
export type WavEncoding = "uint8" | "int16" | "int24" | "int32" | "float32" | "float64";

export interface WavHeader {
  readonly encoding: WavEncoding;
  /** Bytes of one number. */
  readonly bytes: number;
  readonly channels: number;
  /** Frames a second; a frame is one number for each channel. */
  readonly sampleRate: number;
  readonly frames: number;
  /** Where the first frame starts in the file. */
  readonly start: number;
}

/** Bytes of a file from `start` on, fewer where it ends. */
export type ReadBytes = (start: number, length: number) => Buffer;

const encodings: Readonly<Record<string, WavEncoding>> = {
  "1 1": "uint8",
  "1 2": "int16",
  "1 3": "int24",
  "1 4": "int32",
  "3 4": "float32",
  "3 8": "float64",
};
/** What else there is, in words. */
const otherFormats: Readonly<Record<number, string>> = {
  2: "ADPCM",
  6: "A-law",
  7: "µ-law",
  17: "ADPCM",
  49: "GSM",
  80: "MPEG",
  85: "MP3",
};
const [pcm, extensible] = [1, 0xfffe];
/** The rest of the identifier behind a format's number, in WAVE_FORMAT_EXTENSIBLE. */
const extensibleTail = "000000001000800000aa00389b71";
/** Chunks before that of the samples: more than any program writes. */
const mostChunks = 1000;
const mostChannels = 1024;
const highestRate = 2 ** 24;

/** `size` is that of the file, `name` for messages. Errors: FILE_FORMAT. */
export function wavHeader(name: string, size: number, read: ReadBytes): WavHeader {
  const riff = read(0, 12);
  const [kind, form] = [riff.toString("latin1", 0, 4), riff.toString("latin1", 8, 12)];
  if (kind === "RF64" || kind === "BW64")
    throw faulty(name, `a WAV file must be of RIFF, was ${kind}`, "Split it: RIFF files have up to 4 GiB.");
  if (kind !== "RIFF" || form !== "WAVE")
    throw faulty(name, `a WAV file must start with RIFF and WAVE, was ${riff.toString("hex") || "empty"}`);
  let format: Format | undefined;
  let at = 12;
  for (let count = 0; count < mostChunks; count++) {
    const chunk = read(at, 8);
    if (chunk.length < 8) break;
    const id = chunk.toString("latin1", 0, 4);
    const length = chunk.readUInt32LE(4);
    const start = at + 8;
    if (id === "data") {
      // Whoever writes a file states its lengths at the end, and until then that there is nothing.
      const isUnfinished = length === 0 && riff.readUInt32LE(4) + 8 <= start;
      if (isUnfinished && size > start) throw notStated(name, 0, size - start);
      return dataOf(name, format, start, length, size);
    }
    if (start + length > size)
      throw faulty(name, `a chunk must lie in the file, but "${id}" states ${length} bytes`);
    if (id === "fmt ") format = formatOf(name, read(start, Math.min(length, 40)));
    // Chunks begin at even places.
    at = start + length + (length % 2);
  }
  throw faulty(name, "a WAV file must have samples, but there is no chunk of data");
}

type Format = Omit<WavHeader, "frames" | "start">;

function formatOf(name: string, chunk: Buffer): Format {
  if (chunk.length < 16) throw faulty(name, `a WAV format must take 16 bytes, takes ${chunk.length}`);
  const tag = chunk.readUInt16LE(0);
  const isExtensible =
    tag === extensible && chunk.length >= 40 && chunk.toString("hex", 26, 40) === extensibleTail;
  const code = isExtensible ? chunk.readUInt16LE(24) : tag;
  const channels = chunk.readUInt16LE(2);
  const sampleRate = chunk.readUInt32LE(4);
  const frameBytes = chunk.readUInt16LE(12);
  const bits = chunk.readUInt16LE(14);
  if (channels < 1 || channels > mostChannels)
    throw faulty(name, `a WAV file must have 1 to ${mostChannels} channels, states ${channels}`);
  if (sampleRate < 1 || sampleRate > highestRate)
    throw faulty(name, `a WAV file must have 1 to ${highestRate} frames a second, states ${sampleRate}`);
  const bytes = frameBytes / channels;
  const encoding = encodings[`${code} ${bytes}`];
  // Fewer bits than bytes hold are the upper ones, so that the scale is that of the bytes.
  const isFilled = Math.ceil(bits / 8) === bytes && (code === pcm || bits === 8 * bytes);
  if (encoding === undefined || !isFilled) {
    const was = otherFormats[code] ?? `format ${code}`;
    throw faulty(
      name,
      `a WAV file must be PCM of 8, 16, 24 or 32 bits, or float of 32 or 64, was ${code === pcm || code === 3 ? `${bits} bits in ${bytes} bytes` : was}`,
      "Convert it: ffmpeg -i in.wav -c:a pcm_s16le out.wav.",
    );
  }
  return { encoding, bytes, channels, sampleRate };
}

function dataOf(
  name: string,
  format: Format | undefined,
  start: number,
  length: number,
  size: number,
): WavHeader {
  if (format === undefined)
    throw faulty(name, "a WAV file must state its format before its samples, does not");
  if (start + length > size) throw notStated(name, length, size - start);
  const frameBytes = format.bytes * format.channels;
  if (length % frameBytes !== 0)
    throw faulty(name, `samples must be whole frames of ${frameBytes} bytes, but are ${length} bytes`);
  return { ...format, start, frames: length / frameBytes };
}

function notStated(name: string, stated: number, there: number): MillraceError {
  return faulty(
    name,
    `samples must lie in the file, but ${stated} bytes are stated and ${there} there`,
    "Is it cut off? A program that wrote it into a pipe, or was stopped, did not state its length: let it write a file.",
  );
}

function faulty(name: string, message: string, hint = "Fetch or write the file again."): MillraceError {
  return new MillraceError("FILE_FORMAT", message, { where: [name], hint });
}
