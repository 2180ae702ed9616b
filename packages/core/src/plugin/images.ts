/** The service by which a source of any package makes images, without a decoder of its own. */
import type { DeferredImage, EncodedImage } from "../contracts/image.js";
import { MillraceError } from "../errors.js";
import type { ImageOptions } from "../kit/image-options.js";
import { defineService, type Service } from "./service.js";

/** Images of one source, all read in one way. */
export interface ImageReader {
  /** An image to come. Nothing is read before somebody wants its pixels. */
  image(image: EncodedImage): DeferredImage;
  /** What pixels depend on beside the bytes: a part of the source's `fingerprint`. */
  readonly fingerprint: string;
  /** How images are read, for `SourceInputs.about`. */
  readonly about: Readonly<Record<string, unknown>>;
}

/** What makes readers of images. */
export interface Images {
  /** Endings of the files that can be read, in lower case with the dot. */
  readonly endings: readonly string[];
  /**
   * What all threads must agree on, such as the decoder that "auto" comes to, which is logged: plain data, for the
   * source's `share()`. `names` are those of the images, whose endings say what kinds there are; unknown without them.
   * Errors: PACKAGE_MISSING.
   */
  share(options: ImageOptions, names?: readonly string[]): unknown;
  /** `shared` is what `share` gave in the main thread; without it, decided here, in silence. Errors: PACKAGE_MISSING. */
  open(options: ImageOptions, shared?: unknown): ImageReader;
}

/** Where nobody brings a decoder, which is told to whoever wants an image. */
export const noImages: Images = { endings: [], share: noDecoder, open: noDecoder };

/** Decoding is @millrace/source-fs's: this is how other packages come by it, where a run has it. */
export const ImagesService: Service<Images, Record<never, never>> = defineService<Images>({
  name: "images",
  summary: "images from encoded bytes",
  lifetime: "worker",
  create: () => noImages,
});

function noDecoder(): never {
  throw new MillraceError("PACKAGE_MISSING", "images must have a decoder, but no plugin brings one", {
    hint: 'Add "@millrace/source-fs" to `plugins`.',
  });
}
