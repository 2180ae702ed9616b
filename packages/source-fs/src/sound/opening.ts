/** What the one opening of sounds learns, for all threads: which files there are, their classes, and the rate of most. */
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { classLabels, type Logger, MillraceError } from "@millrace/core";
import { listClassFolders } from "../images/class-folders.js";
import { findFiles } from "../files/find.js";
import { inputPath } from "../files/open.js";
import { type PackedText, packText } from "../memory/packed-text.js";
import { loadResampler } from "./resample.js";
import type { WavHeader } from "./wav-header.js";
import { withWav } from "./wav-file.js";

/** What threads are given; arrays lie in shared memory. */
export interface SoundsOpening {
  /** What the files are called: relative to the root, or as the option names them. */
  readonly names: PackedText;
  readonly labels?: Int32Array;
  readonly classes?: readonly string[];
  readonly sampleRate: number;
  readonly channels: number;
  /** Frames of all sounds, where they have as many. */
  readonly frames?: number;
}

export interface SoundFiles {
  readonly names: readonly string[];
  readonly paths: readonly string[];
  readonly labels?: Int32Array;
  readonly classes?: readonly string[];
}

/** One folder per class, or files by path. */
export type SoundPlace =
  | { readonly root: string; readonly allowOutside: boolean }
  | { readonly path: string | readonly string[] };

/** Errors: FILE_NOT_FOUND, FILE_FORMAT, LABEL_UNKNOWN. */
export async function findSounds(
  place: SoundPlace,
  baseUrl: URL,
  known: readonly string[] | undefined,
): Promise<SoundFiles> {
  if ("path" in place) {
    const files = await findFiles(place.path, baseUrl, "path");
    return { names: files.map(({ name }) => name), paths: files.map(({ path }) => path) };
  }
  const root = inputPath(place.root, baseUrl);
  const folders = await listClassFolders(root, [".wav"], place.allowOutside, "sound");
  const empty = folders.filter(({ paths }) => paths.length === 0).map(({ name }) => name);
  if (empty.length > 0) {
    throw new MillraceError(
      "FILE_FORMAT",
      `every class folder must hold a sound, but in ${root} these hold none: ${empty.join(", ")}`,
      {
        path: ["root"],
        hint: "Add .wav files, or remove the folders.",
      },
    );
  }
  const { labels, indexOf } = classLabels(
    folders.map(({ name }) => name),
    known,
  );
  const names = folders.flatMap(({ paths }) => paths);
  const column = new Int32Array(new SharedArrayBuffer(names.length * 4));
  let at = 0;
  for (const { name, paths } of folders) {
    column.fill(
      indexOf(name, () => `class folder ${root}/${name}`),
      at,
      at + paths.length,
    );
    at += paths.length;
  }
  return {
    names,
    paths: names.map((name) => join(root, name)),
    labels: column,
    classes: labels,
  };
}

/** Headers that are read before others have a turn. */
const atOnce = 64;

/**
 * Reads all headers; a file that is none of sounds is left for whoever asks for it.
 * Errors: FILE_FORMAT where none is one, PACKAGE_MISSING where rates differ and nothing can convert them.
 */
export async function learnSounds(
  { names, paths, labels, classes }: SoundFiles,
  asked: number | undefined,
  logger: Logger | undefined,
): Promise<SoundsOpening> {
  const [rates, channels, frames] = [new Map<number, number>(), new Map<number, number>(), new Set<number>()];
  let first: unknown;
  for (const [i, path] of paths.entries()) {
    try {
      const header = withWav(path, names[i], ({ header }) => header);
      count(rates, header.sampleRate);
      count(channels, header.channels);
      frames.add(header.frames);
    } catch (error) {
      first ??= error;
    }
    if (i % atOnce === 0) await setImmediate();
  }
  if (rates.size === 0) throw first;
  const sampleRate = asked ?? mostFrequent(rates);
  const others = [...rates].filter(([rate]) => rate !== sampleRate);
  if (others.length > 0) {
    await loadResampler();
    const told = others.map(([rate, files]) => `${files} of ${rate} Hz`).join(", ");
    logger?.info({ sampleRate }, `sounds are converted to ${sampleRate} Hz: ${told}`);
  }
  const isOfOneLength = frames.size === 1 && others.length === 0 && first === undefined;
  return {
    names: packText(names),
    ...(labels && { labels }),
    ...(classes && { classes }),
    sampleRate,
    channels: mostFrequent(channels),
    ...(isOfOneLength && { frames: [...frames][0] }),
  };
}

function count(of: Map<number, number>, value: WavHeader["channels"]): void {
  of.set(value, (of.get(value) ?? 0) + 1);
}

/** The lowest of those that are as frequent. */
function mostFrequent(counts: ReadonlyMap<number, number>): number {
  const [[value]] = [...counts].sort(([a, n], [b, m]) => m - n || a - b);
  return value;
}
