/** A picture file as the model takes it, in a browser: the browser decodes, all else is Millrace's own arithmetic. */
import { changed, flatten, grayscale } from "./pixels.mjs";

/** `{ width, height, channels, data }`, 8 bits a channel, or normalised numbers; the second argument is preprocessing.json. */
export async function readPicture(file, { source, transforms }) {
  const { mode, background, autoOrient } = source.about;
  let pixels = await decoded(file, autoOrient);
  if (mode !== "rgba") pixels = flatten(pixels, background);
  // Gray is made once all that is done to bytes is.
  const isGray = transforms.some(({ use }) => use === "grayscale");
  const makeGray = mode === "grayscale" && !isGray;
  for (const step of transforms) {
    if (step.use === "normalize" && makeGray) pixels = grayscale(pixels, 1);
    pixels = changed(pixels, step);
  }
  const isNormal = transforms.some(({ use }) => use === "normalize");
  return makeGray && !isNormal ? grayscale(pixels, 1) : pixels;
}

async function decoded(file, autoOrient) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  // Browsers turn photos as their EXIF data says, and cannot be asked not to.
  if (!autoOrient) hideOrientation(bytes);
  const bitmap = await createImageBitmap(new Blob([bytes]), { premultiplyAlpha: "none" });
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const isOpaque = data.every((value, i) => i % 4 !== 3 || value === 255);
  // A canvas keeps colours times alpha, rounded; WebGL, where there is any, gives them as they are in the file.
  return { width, height, channels: 4, data: (isOpaque ? undefined : exact(bitmap)) ?? data };
}

/** Makes the EXIF data of a JPEG file unknown to whoever looks for it; other files stay as they are. */
function hideOrientation(bytes) {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return;
  const view = new DataView(bytes.buffer);
  for (let at = 2; at + 10 < bytes.length && bytes[at] === 0xff && bytes[at + 1] !== 0xda; ) {
    const isExif =
      bytes[at + 1] === 0xe1 && String.fromCharCode(...bytes.subarray(at + 4, at + 8)) === "Exif";
    if (isExif) bytes.fill(0x2d, at + 4, at + 8);
    at += bytes[at + 1] === 0xff ? 1 : 2 + view.getUint16(at + 2);
  }
}

function exact(bitmap) {
  const { width, height } = bitmap;
  const gl = new OffscreenCanvas(1, 1).getContext("webgl");
  if (gl === null || Math.max(width, height) > gl.getParameter(gl.MAX_TEXTURE_SIZE)) return undefined;
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
  gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
  if (gl.checkFramebufferStatus(gl.FRAMEBUFFER) !== gl.FRAMEBUFFER_COMPLETE) return undefined;
  const data = new Uint8Array(width * height * 4);
  gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, data);
  return data;
}
