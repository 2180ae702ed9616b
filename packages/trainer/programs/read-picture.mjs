/** A picture file as the model takes it, in Node: decoded and resized by sharp, as Millrace itself does. */
import sharp from "sharp";
import { grayscale, resize } from "./pixels.mjs";

/** `{ width, height, channels, data }`, 8 bits a channel; the second argument is preprocessing.json. */
export async function readPicture(path, { source, transforms }) {
  const { mode, background, autoOrient } = source.about;
  const image = sharp(path, { failOn: "warning", autoOrient });
  if (mode === "rgba") image.ensureAlpha();
  else image.flatten({ background });
  const [first] = transforms;
  // Sizes that depend on the picture are rounded as the run rounds them, which sharp does with most kernels only.
  const isFirst = first?.use === "resize" && first.with.fit !== "inside" && first.with.fit !== "outside";
  // In one pass with decoding: a large JPEG is decoded smaller.
  if (isFirst) image.resize({ ...sizeOf(first), fastShrinkOnLoad: false });
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  let pixels = { width: info.width, height: info.height, channels: info.channels, data };
  for (const step of isFirst ? transforms.slice(1) : transforms) {
    pixels = step.use === "resize" ? resize(pixels, step.with) : grayscale(pixels, step.with.channels);
  }
  const isGray = transforms.some(({ use }) => use === "grayscale");
  return mode === "grayscale" && !isGray ? grayscale(pixels, 1) : pixels;
}

function sizeOf({ with: { width, height, fit, kernel } }) {
  return { width, height, fit, kernel };
}
