/** How the images of one source are read: by settings that all threads agree on, whether from files or from bytes. */
import {
  defineService,
  type ImageOptions,
  type ImageReader,
  type Images,
  ImagesService,
  type Logger,
  LoggerService,
} from "@millrace/core";
import { chooseDecoder } from "./choose-decoder.js";
import { deferredImage } from "./deferred-image.js";
import { imageExtensions } from "./image-inputs.js";
import type { DecodeSettings } from "./sharp-engine.js";
import { toldKinds, warnOnce } from "./warn-once.js";

/** What all threads decode by. Plain data. */
export interface ImageSharing {
  readonly decoder: NonNullable<DecodeSettings["decoder"]>;
  /** Which kinds of faults have been told. */
  readonly told: SharedArrayBuffer;
}

/**
 * Decides it, in the main thread; `names` say by their endings what kinds of images there are, and are left out where nobody
 * knows. Errors: PACKAGE_MISSING for a decoder that is asked for and not there.
 */
export function shareImages(
  { decoder }: ImageOptions,
  names?: readonly string[],
  logger?: Logger,
): ImageSharing {
  return { decoder: chooseDecoder(decoder, names, logger), told: toldKinds() };
}

/** Reads as `options` say, and by what `sharing` decided; without a logger nobody is told of odd files. */
export function imageReader(options: ImageOptions, sharing: ImageSharing, logger?: Logger): ImageReader {
  const { mode, background, autoOrient, reduce, maxPixels, onWarning } = options;
  const { decoder, told } = sharing;
  const decoding = { mode, background, autoOrient, decoder, reduce };
  const settings = { ...decoding, maxPixels, onWarning, ...(logger && { warn: warnOnce(logger, told) }) };
  return {
    image: (image) => deferredImage(image, settings),
    fingerprint: JSON.stringify(decoding),
    about: { ...decoding, maxPixels, onWarning },
  };
}

/** The same for sources of other packages. */
export const images = defineService<Images, { logger: typeof LoggerService }>({
  ...ImagesService,
  needs: { logger: LoggerService },
  create: ({ logger }) => ({
    endings: imageExtensions,
    share: (options, names) => shareImages(options, names, logger),
    open: (options, shared) =>
      shared === undefined
        ? imageReader(options, shareImages(options))
        : imageReader(options, shared as ImageSharing, logger),
  }),
});
