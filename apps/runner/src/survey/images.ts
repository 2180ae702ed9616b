/** What images look like: their size, and whether they have colours. */
import { extname, join } from "node:path";
import { MillraceError, messageOf } from "@millrace/core";

export interface ImageSurvey {
  /** Of those looked at: the middle one of all widths and heights. */
  readonly width: number;
  readonly height: number;
  readonly sameSize: boolean;
  readonly grayscale: boolean;
  /** Endings that are there and that nothing here decodes. */
  readonly unreadable: readonly string[];
  readonly looked: number;
}

const mostLooked = 60;
/** Listed as images by torchvision, but unknown to the decoders. */
const undecoded = [".bmp", ".ppm", ".pgm"];

/** Looks at files spread over `paths`. @throws MillraceError FILE_FORMAT where none of them can be read */
export async function surveyImages(folder: string, paths: readonly string[]): Promise<ImageSurvey> {
  const { default: sharp } = await import("sharp");
  const endingOf = (path: string) => extname(path).toLowerCase();
  const unreadable = [...new Set(paths.map(endingOf))].filter((ending) => undecoded.includes(ending));
  const readable = paths.filter((path) => !unreadable.includes(endingOf(path)));
  const step = Math.max(1, Math.floor(readable.length / mostLooked));
  const sizes: { width: number; height: number; gray: boolean }[] = [];
  let fault: unknown;
  for (let i = 0; i < readable.length; i += step) {
    try {
      const image = sharp(join(folder, readable[i]), { failOn: "none" });
      const { width, height, channels, space } = await image.metadata();
      const gray = space === "b-w" || channels < 3 || (await isGray(image));
      sizes.push({ width, height, gray });
    } catch (error) {
      fault = error;
    }
  }
  if (sizes.length === 0) {
    const why = fault === undefined ? `${unreadable.join(", ")} files are not decoded` : messageOf(fault);
    throw new MillraceError("FILE_FORMAT", `none of the images in ${folder} can be read: ${why}`, {
      hint: "Convert them to PNG or JPEG.",
    });
  }
  const middle = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
  const [first] = sizes;
  return {
    width: middle(sizes.map(({ width }) => width)),
    height: middle(sizes.map(({ height }) => height)),
    sameSize: sizes.every(({ width, height }) => width === first.width && height === first.height),
    grayscale: sizes.every(({ gray }) => gray),
    unreadable,
    looked: sizes.length,
  };
}

/** Whether the channels of a small copy are the same, but for a little that a JPEG file loses. */
async function isGray(image: import("sharp").Sharp): Promise<boolean> {
  const small = image.resize(24, 24, { fit: "fill" }).removeAlpha().toColourspace("srgb").raw();
  const pixels = await small.toBuffer();
  for (let i = 0; i + 2 < pixels.length; i += 3) {
    const [red, green, blue] = pixels.subarray(i, i + 3);
    if (Math.max(red, green, blue) - Math.min(red, green, blue) > 8) return false;
  }
  return true;
}
