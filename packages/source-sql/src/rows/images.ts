/** Columns of images: what all threads read them by, and the reader that this thread has. */
import { type ImageOptions, type ImageReader, type Images, noImages } from "@millrace/core";
import { chooseColumns, imageFields, type LayoutOptions } from "./layout.js";

/** The options that say which columns are images, and how these are read. */
export interface ImageColumnsOptions extends Pick<LayoutOptions, "columns"> {
  readonly images: ImageOptions;
}

export interface ImageColumns {
  /** Absent where no column is an image. */
  readonly reader?: ImageReader;
  /** What workers read by. Plain data. */
  readonly sharing?: unknown;
}

/**
 * `given` is what the main thread's opening shares; `images` the service, where this source is one of a run. Errors:
 * PACKAGE_MISSING where there are image columns and nothing decodes them.
 */
export function imageColumns(
  options: ImageColumnsOptions,
  images: Images = noImages,
  given?: unknown,
): ImageColumns {
  if (imageFields(chooseColumns(options)).length === 0) return {};
  const sharing = given ?? images.share(options.images);
  return { sharing, reader: images.open(options.images, sharing) };
}

/** What identifies the content, and how images in them are read. */
export function withImages(files: string, reader: ImageReader | undefined): string {
  return reader === undefined ? files : `${files} ${reader.fingerprint}`;
}
