/** Sounds that are still files: a window of one is read when somebody wants its samples. */
import { type Deferred, isDeferred, MillraceError, type NdArray } from "@millrace/core";
import { resampled, resampledFrames } from "./resample.js";
import { withWav } from "./wav-file.js";

/** How the sounds of a source are read. Plain data. */
export interface SoundSettings {
  /** Frames a second that samples have. */
  readonly sampleRate: number;
  /** The mean of all channels; otherwise sounds have `channels`. */
  readonly mono: boolean;
  readonly channels: number;
  /** Frames of the window; all, if left out. */
  readonly frames?: number | undefined;
}

/**
 * A sound to come. Materializes to float32 [frames], or [frames, channels] where it is not mono, with 0 behind the end of one
 * that is shorter than its window. Errors: FILE_NOT_FOUND, FILE_FORMAT, PACKAGE_MISSING; all name the file.
 */
export interface DeferredSound extends Deferred<NdArray<"float32">> {
  readonly name: string;
  /** The same with its window elsewhere: 0 is at the start, 0.5 in the middle, and below 1, each place equally often. */
  windowAt(place: number): DeferredSound;
}

/** `name` is what errors call the file at `path`. */
export function deferredSound(path: string, name: string, settings: SoundSettings, place = 0): DeferredSound {
  return {
    name,
    windowAt: (other) => deferredSound(path, name, settings, other),
    materialize: () => read(path, name, settings, place),
  };
}

export function isDeferredSound(value: unknown): value is DeferredSound {
  return isDeferred(value) && typeof (value as Partial<DeferredSound>).windowAt === "function";
}

/** Frames of a window of `seconds`; undefined for a whole sound. */
export function windowFrames(seconds: number | undefined, sampleRate: number): number | undefined {
  return seconds === undefined ? undefined : Math.max(1, Math.round(seconds * sampleRate));
}

/** Where a window of `length` begins among `total`. */
export function windowStart(total: number, length: number, place: number): number {
  return Math.max(0, Math.min(total - length, Math.floor(place * (total - length + 1))));
}

type Sound = NdArray<"float32">;

function read(path: string, name: string, settings: SoundSettings, place: number): Sound | Promise<Sound> {
  const { sampleRate, mono, channels } = settings;
  return withWav(path, name, ({ header, frames }) => {
    if (!mono && header.channels !== channels) throw otherChannels(name, header.channels, channels);
    const own = mono ? 1 : channels;
    if (header.sampleRate === sampleRate) {
      const [first, last] = windowOf(header.frames, settings, place);
      return sound(frames(first, last, mono), own, settings);
    }
    const rates = { from: header.sampleRate, to: sampleRate, total: header.frames };
    const [first, last] = windowOf(resampledFrames(rates), settings, place);
    // The file is opened again for each piece: it must not stay open while others wait.
    const piece = (from: number, to: number): Float32Array =>
      withWav(path, name, (again) => again.frames(from, to, mono));
    return resampled({ ...rates, channels: own, read: piece }, first, last).then((values) =>
      sound(values, own, settings),
    );
  });
}

function windowOf(
  total: number,
  { frames = total }: SoundSettings,
  place: number,
): readonly [number, number] {
  const first = windowStart(total, frames, place);
  return [first, Math.min(total, first + frames)];
}

function sound(values: Float32Array, channels: number, { mono, frames }: SoundSettings): Sound {
  const count = frames ?? values.length / channels;
  let data = values;
  if (data.length < count * channels) {
    data = new Float32Array(count * channels);
    data.set(values);
  }
  return { dtype: "float32", shape: mono ? [count] : [count, channels], data };
}

function otherChannels(name: string, found: number, channels: number): MillraceError {
  return new MillraceError(
    "FILE_FORMAT",
    `all sounds must have ${channels} channels, as most do, but one has ${found}`,
    {
      where: [name],
      hint: "Set `mono`, or leave the file out.",
    },
  );
}
