/** Image files as samples for a model that images have trained. */
import { resolve } from "node:path";
import { MillraceError, type SourceInputs } from "@millrace/core";
import { deferredImage } from "./deferred-image.js";
import type { DecodeSettings } from "./sharp-engine.js";

// torchvision's own list, plus what sharp reads besides; a listed file that does not decode is an error, never left out.
export const imageExtensions = ".jpg .jpeg .png .ppm .bmp .pgm .tif .tiff .webp .gif .avif".split(" ");

/** Each file is one sample; a line of JSON Lines names its file as `image`. `endings` are in lower case with the dot. */
export function imageInputs(settings: DecodeSettings, endings: readonly string[]): SourceInputs {
  return {
    endings,
    about: { ...settings, warn: undefined },
    async *read(path) {
      yield { name: path, sample: { image: deferredImage(path, settings) } };
    },
    fromValues({ image }, folder) {
      if (typeof image === "string") return { image: deferredImage(resolve(folder, image), settings) };
      throw new MillraceError(
        "INPUT_INVALID",
        `"image" must be the path of an image file, was ${JSON.stringify(image) ?? "missing"}`,
      );
    },
  };
}
