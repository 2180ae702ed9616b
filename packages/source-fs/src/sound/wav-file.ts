/** Reads WAV files: their headers, and any of their frames as float32 between -1 and 1. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { fileFault } from "@millrace/core";
import { elementReader, type Element } from "../arrays/elements.js";
import { type WavEncoding, type WavHeader, wavHeader } from "./wav-header.js";

export interface WavFile {
  readonly header: WavHeader;
  /** The frames from `first` to before `last`, channels beside each other; the mean of them where `mono`. */
  readonly frames: (first: number, last: number, mono: boolean) => Float32Array;
}

/** Errors: FILE_NOT_FOUND, FILE_FAILED, FILE_FORMAT; `name` is what they call it. */
export function withWav<T>(path: string, name: string, use: (file: WavFile) => T): T {
  let handle: number | undefined;
  try {
    handle = openSync(path, "r");
    return use(wavFile(handle, name));
  } catch (error) {
    throw fileFault(error, path, "cannot be read");
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

/** Enough for the header and the chunks before the samples, as most programs write them. */
const headBytes = 512;

function wavFile(handle: number, name: string): WavFile {
  const read = (start: number, length: number): Buffer => {
    const bytes = Buffer.allocUnsafe(length);
    let done = 0;
    while (done < length) {
      const count = readSync(handle, bytes, done, length - done, start + done);
      if (count === 0) break;
      done += count;
    }
    return bytes.subarray(0, done);
  };
  const head = read(0, headBytes);
  const header = wavHeader(name, fstatSync(handle).size, (start, length) =>
    start + length <= head.length ? head.subarray(start, start + length) : read(start, length),
  );
  const frameBytes = header.bytes * header.channels;
  return {
    header,
    frames(first, last, mono) {
      const bytes = read(header.start + first * frameBytes, (last - first) * frameBytes);
      const values = decoded(bytes, header.encoding);
      return mono && header.channels > 1 ? mixed(values, header.channels) : values;
    },
  };
}

/** Of numbers that are read as they stand, the one that means 1. */
const elements: Readonly<Record<Exclude<WavEncoding, "int24">, readonly [Element, number]>> = {
  uint8: [{ kind: "uint8", bytes: 1, little: true }, 2 ** 7],
  int16: [{ kind: "int16", bytes: 2, little: true }, 2 ** 15],
  int32: [{ kind: "int32", bytes: 4, little: true }, 2 ** 31],
  float32: [{ kind: "float32", bytes: 4, little: true }, 1],
  float64: [{ kind: "float64", bytes: 8, little: true }, 1],
};

function decoded(bytes: Buffer, encoding: WavEncoding): Float32Array {
  if (encoding === "int24") {
    const values = new Float32Array(Math.floor(bytes.length / 3));
    for (let i = 0; i < values.length; i++) values[i] = bytes.readIntLE(3 * i, 3) / 2 ** 23;
    return values;
  }
  const [element, one] = elements[encoding];
  const values = new Float32Array(Math.floor(bytes.length / element.bytes));
  elementReader(element, "float32")(bytes, values, 0);
  const middle = encoding === "uint8" ? one : 0;
  if (one !== 1) for (let i = 0; i < values.length; i++) values[i] = (values[i] - middle) / one;
  return values;
}

function mixed(values: Float32Array, channels: number): Float32Array {
  const mono = new Float32Array(values.length / channels);
  for (let i = 0; i < mono.length; i++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += values[i * channels + channel];
    mono[i] = sum / channels;
  }
  return mono;
}
