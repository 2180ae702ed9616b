/** The words by which a source is told how to read images: the same wherever their bytes come from. */
import { z } from "zod";

/** The options, to stand among others. */
export const imageShape = {
  mode: z
    .enum(["rgb", "grayscale", "rgba"])
    .default("rgb")
    .describe("channels of the image: 3, 1 or 4, whatever the file has"),
  background: z
    .string()
    .regex(/^#[0-9a-fA-F]{6}$/)
    .default("#ffffff")
    .describe("colour under transparent pixels, as #rrggbb, where mode is not rgba"),
  autoOrient: z
    .boolean()
    .default(false)
    .describe(
      "turn photos as their EXIF orientation says, which torchvision does not; TIFF and AVIF files are turned in any case",
    ),
  decoder: z
    .enum(["auto", "sharp", "turbojpeg"])
    .default("auto")
    .describe(
      "what decodes and resizes JPEG files: turbojpeg is the system's libjpeg-turbo, several times faster than sharp; auto takes it where it is installed, and logs its choice; their pixels differ by a level here and there, so name one where runs on several machines must agree to the bit",
    ),
  onWarning: z
    .enum(["log", "error"])
    .default("log")
    .describe(
      "what becomes of a file with a fault that its decoder can live with, as of many photos in the world: log reads it, as Pillow does, and warns once for each kind of fault; error refuses it",
    ),
};

/** The options, in an object of their own. */
export const imageOptions = z.strictObject(imageShape);

export type ImageOptions = z.output<typeof imageOptions>;
