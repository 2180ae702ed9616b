/** Image files as samples for a model that images have trained. */
import { resolve } from "node:path";
import { type ImageReader, MillraceError, type SourceInputs } from "@millrace/core";

// torchvision's own list, plus what sharp reads besides; a listed file that does not decode is an error, never left out.
export const imageExtensions = ".jpg .jpeg .png .ppm .bmp .pgm .tif .tiff .webp .gif .avif".split(" ");

/** Each file is one sample; a line of JSON Lines names its file as `image`. `endings` are in lower case with the dot. */
export function imageInputs(reader: ImageReader, endings: readonly string[]): SourceInputs {
  return {
    endings,
    about: reader.about,
    async *read(path) {
      yield { name: path, sample: { image: reader.image({ name: path }) } };
    },
    fromValues({ image }, folder) {
      if (typeof image === "string") return { image: reader.image({ name: resolve(folder, image) }) };
      throw new MillraceError(
        "INPUT_INVALID",
        `"image" must be the path of an image file, was ${JSON.stringify(image) ?? "missing"}`,
      );
    },
  };
}
