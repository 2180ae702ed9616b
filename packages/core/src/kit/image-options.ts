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
    .enum(["auto", "turbojpeg", "libvips", "sharp"])
    .default("auto")
    .describe(
      "what decodes and resizes JPEG files: turbojpeg is libjpeg-turbo, the system's or that of @julusian/jpeg-turbo, several times faster than sharp; libvips is sharp's own, called directly, with turbojpeg's pixels, for half to nine tenths of sharp's cost; auto takes the first of these that is there, and logs its choice; sharp's pixels differ by a level here and there, so name one where runs on several machines must agree to the bit",
    ),
  reduce: z
    .enum(["exact", "fast"])
    .default("exact")
    .describe(
      "how far a JPEG file is reduced while it is decoded, for a resize that comes first: exact to no less than twice the size wanted, fast to no less than that size, as Pillow's `draft` does, which is quicker and differs by a few levels",
    ),
  maxPixels: z
    .int()
    .positive()
    .default(178_956_970)
    .describe(
      "most pixels of an image, as its file's header has them before anything is decoded, and after a resize; more are an error, for a small file may say that it is enormous. By default as many as Pillow takes at most",
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
