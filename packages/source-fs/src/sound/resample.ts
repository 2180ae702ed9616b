/** Frames at another rate, by libsamplerate's medium sinc filter, whose noise lies 121 dB below (compiled to WebAssembly). */
import { MillraceError, messageOf } from "@millrace/core";

/** Of libsamplerate-js, what is used. */
interface Converter {
  simple(frames: Float32Array): Float32Array;
  destroy(): void;
}
interface Library {
  create(
    channels: number,
    from: number,
    to: number,
    options: { readonly converterType: number },
  ): Promise<Converter>;
}

const sincMedium = 1;
/** Frames on each side of a piece, at the lower of the two rates, beyond which the filter does not reach. */
const reach = 100;
/** Numbers of one piece: the library takes no more at once. */
const mostNumbers = 2 ** 19;
/** Each takes a megabyte or two. */
const mostConverters = 4;

/** Errors: PACKAGE_MISSING where the library is not there. */
export async function loadResampler(): Promise<Library> {
  try {
    const loaded = (await import("@alexanderolsen/libsamplerate-js")) as unknown as {
      readonly default?: Library;
    } & Library;
    return loaded.default ?? loaded;
  } catch (cause) {
    throw new MillraceError(
      "PACKAGE_MISSING",
      `sounds of other rates need the package @alexanderolsen/libsamplerate-js: ${messageOf(cause)}`,
      { cause, hint: "Install it: npm install @alexanderolsen/libsamplerate-js." },
    );
  }
}

/** What the library converts at most, up or down. */
const mostRatio = 256;

function requireRatio({ from, to }: Pick<Resampling, "from" | "to">): void {
  if (Math.max(from / to, to / from) <= mostRatio) return;
  throw new MillraceError(
    "FILE_FORMAT",
    `a sound must have at most ${mostRatio} times more or fewer frames a second than the others, which have ${to}, has ${from}`,
    { hint: "Is its header right? Else leave it out, or convert it beforehand." },
  );
}

const converters = new Map<string, Promise<Converter>>();

async function converterFor(channels: number, from: number, to: number): Promise<Converter> {
  const key = `${channels} ${from} ${to}`;
  let found = converters.get(key);
  if (found !== undefined) converters.delete(key);
  else {
    if (converters.size === mostConverters) {
      const [[oldest, converter]] = converters;
      converters.delete(oldest);
      void converter.then((each) => each.destroy());
    }
    found = loadResampler().then((library) =>
      library.create(channels, from, to, { converterType: sincMedium }),
    );
    found.catch(() => converters.delete(key));
  }
  converters.set(key, found);
  return found;
}

export interface Resampling {
  readonly channels: number;
  /** Frames a second. */
  readonly from: number;
  readonly to: number;
  /** Frames that there are at the rate `from`. */
  readonly total: number;
  /** Some of them, channels beside each other. */
  readonly read: (first: number, last: number) => Float32Array;
}

/** Frames of a whole sound at the other rate. */
export function resampledFrames({ from, to, total }: Pick<Resampling, "from" | "to" | "total">): number {
  return Math.floor((total * to) / from);
}

/**
 * The frames from `first` to before `last` at the rate `to`. They are made in pieces, each with what the filter reaches around
 * it, that begin where a frame of either rate falls together: so the window that is asked for hardly matters.
 */
export async function resampled(sound: Resampling, first: number, last: number): Promise<Float32Array> {
  requireRatio(sound);
  const { channels, from, to, total, read } = sound;
  const made = new Float32Array((last - first) * channels);
  const common = greatestDivisor(from, to);
  const [period, ownPeriod] = [to / common, from / common];
  const margin = Math.ceil(reach * Math.max(1, from / to)) + 1;
  const periodsBefore = Math.ceil(margin / ownPeriod);
  const pieceFrames = Math.max(1, Math.floor((mostNumbers / channels) * Math.min(1, to / from)) - 2 * margin);
  for (let at = first; at < last; at += pieceFrames) {
    const end = Math.min(last, at + pieceFrames);
    const periods = Math.max(0, Math.floor(at / period) - periodsBefore);
    const begin = periods * period;
    const stop = Math.min(total, Math.ceil((end * from) / to) + margin);
    const piece = read(periods * ownPeriod, stop);
    const converter = await converterFor(channels, from, to);
    const whole = converter.simple(piece);
    made.set(whole.subarray((at - begin) * channels, (end - begin) * channels), (at - first) * channels);
  }
  return made;
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}
