/** WAV files as samples for a model that sounds have trained. */
import { resolve } from "node:path";
import { type DatasetFacts, MillraceError, type SourceInputs } from "@millrace/core";
import { deferredSound, type SoundSettings, windowFrames } from "./deferred-sound.js";

export interface InputOptions {
  readonly mono: boolean;
  readonly offset: "start" | "center";
  readonly seconds?: number | undefined;
  readonly sampleRate?: number | undefined;
}

/** Each file is one sample, at the rate and of the length of training; a line of JSON Lines names its file as `samples`. */
export function soundInputs(
  { mono, offset, seconds, sampleRate: asked }: InputOptions,
  { fields, sampleRate: trained }: DatasetFacts,
): SourceInputs {
  const [, channels] = fields?.samples?.shape ?? [];
  const sampleRate = asked ?? (typeof trained === "number" ? trained : undefined);
  const frames = sampleRate === undefined ? undefined : windowFrames(seconds, sampleRate);
  const place = offset === "start" ? 0 : 0.5;
  const sampleOf = (path: string) => {
    if (sampleRate === undefined) {
      throw new MillraceError("INPUT_INVALID", "the run must know the rate of its sounds, does not", {
        hint: "Train again.",
      });
    }
    const settings: SoundSettings = {
      sampleRate,
      mono,
      channels: channels ?? 1,
      frames: frames ?? undefined,
    };
    return { samples: deferredSound(path, path, settings, place) };
  };
  return {
    endings: [".wav"],
    about: { sampleRate, mono, offset, frames },
    async *read(path) {
      yield { name: path, sample: sampleOf(path) };
    },
    fromValues({ samples }, folder) {
      if (typeof samples === "string") return sampleOf(resolve(folder, samples));
      throw new MillraceError(
        "INPUT_INVALID",
        `"samples" must be the path of a WAV file, was ${JSON.stringify(samples) ?? "missing"}`,
      );
    },
  };
}
