/** A picture file as the model takes it, in Node: decoded and resized by sharp, as Millrace itself does. */
import sharp from "sharp";
import { boxOf, changed, grayscale } from "./pixels.mjs";

/** `{ width, height, channels, data }`, 8 bits a channel, or normalised numbers; the second argument is preprocessing.json. */
export async function readPicture(path, { source, transforms }) {
  const { mode, background, autoOrient } = source.about;
  const image = sharp(path, { failOn: "warning", autoOrient });
  if (mode === "rgba") image.ensureAlpha();
  else image.flatten({ background });
  const [first] = transforms;
  // Sizes that depend on the picture are rounded as the run rounds them, which sharp does with most kernels only.
  const isFirst = first?.use === "resize" && isBox(first.with);
  // In one pass with decoding: a large JPEG is decoded smaller.
  if (isFirst) image.resize({ ...boxOf(undefined, first.with), fastShrinkOnLoad: false });
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  let pixels = { width: info.width, height: info.height, channels: info.channels, data };
  // Gray is made once all that is done to bytes is.
  const isGray = transforms.some(({ use }) => use === "grayscale");
  const makeGray = mode === "grayscale" && !isGray;
  for (const step of isFirst ? transforms.slice(1) : transforms) {
    if (step.use === "normalize" && makeGray) pixels = grayscale(pixels, 1);
    pixels = changed(pixels, step);
  }
  const isNormal = transforms.some(({ use }) => use === "normalize");
  return makeGray && !isNormal ? grayscale(pixels, 1) : pixels;
}

function isBox({ width, size, fit }) {
  return Array.isArray(size) || (width !== undefined && fit !== "inside" && fit !== "outside");
}
