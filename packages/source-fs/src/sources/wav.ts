/** WAV files: sounds as samples, in one folder per class or by path. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import {
  checkIndex,
  type Dataset,
  type DatasetFacts,
  defineSource,
  type FieldTypes,
  fingerprintFiles,
  LoggerService,
  MillraceError,
  pathOption,
} from "@millrace/core";
import { z } from "zod";
import { allowOutsideOption } from "../files/within.js";
import { unpacked } from "../memory/packed-text.js";
import { type DeferredSound, deferredSound, windowFrames } from "../sound/deferred-sound.js";
import { soundInputs } from "../sound/inputs.js";
import { findSounds, learnSounds, type SoundPlace, type SoundsOpening } from "../sound/opening.js";

/** What it yields: a sound that is still a file, and the index of its class where folders say it. */
export interface WavSample {
  readonly samples: DeferredSound;
  readonly label?: number;
}

const path = pathOption();

const options = z
  .strictObject({
    root: path.optional().describe("folder with one folder per class, relative to the spec"),
    path: z
      .union([path, z.array(path).min(1)])
      .optional()
      .describe(
        "instead of a root: a file, a pattern such as sounds/**/*.wav, or a list of them; samples have no label",
      ),
    allowOutside: allowOutsideOption,
    seconds: z
      .number()
      .positive()
      .max(86_400)
      .optional()
      .describe(
        "length of every sample: of longer sounds a window is read, behind shorter ones stand zeros; by default each is as long as it is",
      ),
    offset: z
      .enum(["start", "center"])
      .default("start")
      .describe("where the window lies; the transform random-window moves it, for training"),
    sampleRate: z
      .int()
      .positive()
      .max(192_000)
      .optional()
      .describe(
        "frames a second of all samples; by default that of most files. Others are converted by the package @alexanderolsen/libsamplerate-js",
      ),
    mono: z
      .boolean()
      .default(true)
      .describe(
        "mix all channels, samples are [frames]; otherwise [frames, channels], and all files must have as many",
      ),
  })
  .refine(({ root, path: files }) => (root === undefined) !== (files === undefined), {
    error: "must be there, or `path`, and not both",
    path: ["root"],
  });

type Options = z.output<typeof options>;

export default defineSource({
  name: "wav",
  summary: "sounds in WAV files, in one folder per class or by path",
  options,
  needs: { logger: LoggerService },
  async create(settings, { baseUrl, facts, shared, logger }): Promise<Dataset<WavSample>> {
    const place = placeOf(settings);
    const opening =
      (shared as SoundsOpening | undefined) ??
      (await learnSounds(
        await findSounds(place, baseUrl, facts?.labels),
        settings.sampleRate ?? (facts?.sampleRate as number | undefined),
        logger,
      ));
    const { labels, classes, sampleRate, channels } = opening;
    const { length } = opening.names.starts;
    const nameOf = unpacked(opening.names);
    const folder = resolve(fileURLToPath(baseUrl), "root" in place ? place.root : "");
    const pathOf = (index: number): string => resolve(folder, nameOf(index));
    const frames = windowFrames(settings.seconds, sampleRate);
    const reading = { sampleRate, mono: settings.mono, channels, frames };
    const start = settings.offset === "start" ? 0 : 0.5;
    const fields: FieldTypes = {
      samples: {
        type: "float32",
        shape: [frames ?? opening.frames ?? null, ...(settings.mono ? [] : [channels])],
      },
      ...(labels && { label: { type: "int32" } }),
    };
    const count = length - 1;
    return {
      length: count,
      facts: { ...(classes && { labels: classes }), sampleRate, fields } satisfies DatasetFacts,
      fields,
      get(index) {
        const name = nameOf(checkIndex(index, count));
        const samples = deferredSound(pathOf(index), name, reading, start);
        return labels === undefined ? { samples } : { samples, label: labels[index] };
      },
      key: nameOf,
      column(name) {
        if (name === "label") return labels;
        return name === "path" ? Array.from({ length: count }, (_, index) => nameOf(index)) : undefined;
      },
      fingerprint: async () =>
        `${await fingerprintFiles(Array.from({ length: count }, (_, index) => pathOf(index)))} ${sampleRate}`,
      share: () => opening,
    };
  },
  inputs: (settings, { facts }) => soundInputs(settings, facts),
});

function placeOf({ root, path: files, allowOutside }: Options): SoundPlace {
  if (root !== undefined) return { root, allowOutside };
  if (files !== undefined) return { path: files };
  throw new MillraceError("OPTION_INVALID", "sounds must have a `root` or a `path`, have neither");
}
