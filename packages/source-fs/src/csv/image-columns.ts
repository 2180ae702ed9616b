/** Columns that name image files: pictures with the answers beside them, as annotation files have them. */
import { dirname, join, resolve } from "node:path";
import { type ColumnField, fingerprintFiles, type Logger } from "@millrace/core";
import { z } from "zod";
import { chooseDecoder, decoderOption } from "../images/choose-decoder.js";
import { deferredImage } from "../images/deferred-image.js";
import type { DecodeSettings } from "../images/sharp-engine.js";
import { toldKinds, warningOption, warnOnce } from "../images/warn-once.js";
import type { StoredField } from "./stored.js";

/** How the pictures that image columns name are read; the options of `image-folder`. */
export const imagesOption = z.strictObject({
  root: z.string().min(1).optional().describe("folder of the paths in the file; by default the file's own"),
  mode: z.enum(["rgb", "grayscale", "rgba"]).default("rgb").describe("channels of the image"),
  background: z
    .string()
    .regex(/^#[0-9a-fA-F]{6}$/)
    .default("#ffffff")
    .describe("colour under transparent pixels"),
  autoOrient: z.boolean().default(false).describe("turn photos as their EXIF orientation says"),
  decoder: decoderOption,
  onWarning: warningOption,
});

export type ImagesOption = z.output<typeof imagesOption>;

/** What all threads decode by. Plain data. */
export interface ImageSharing {
  readonly decoder: NonNullable<DecodeSettings["decoder"]>;
  readonly told: SharedArrayBuffer;
}

export function shareImages({ decoder }: ImagesOption, logger: Logger | undefined): ImageSharing {
  return { decoder: chooseDecoder(decoder, [".jpg"], logger), told: toldKinds() };
}

/** Where the paths in a table start. `path` is the table's; a root is relative to the spec. */
export function imageRoot(path: string, { root }: ImagesOption, specFolder: string): string {
  return root === undefined ? dirname(path) : resolve(specFolder, root);
}

export function decodeSettings(
  { mode, background, autoOrient, onWarning }: ImagesOption,
  { decoder, told }: ImageSharing,
  logger: Logger | undefined,
): DecodeSettings {
  const warn = logger && warnOnce(logger, told);
  return { mode, background, autoOrient, decoder, onWarning, ...(warn && { warn }) };
}

/** The field of paths as one of images that are still files. */
function imageField(paths: StoredField, folder: string, settings: DecodeSettings): StoredField {
  return {
    ...paths,
    get: (row) => {
      const path = paths.get(row) as string | null;
      return path === null ? null : deferredImage(join(folder, path), settings);
    },
  };
}

/** What the pictures are known by, as `Dataset.fingerprint` wants it. */
export async function picturesFingerprint(
  columns: readonly StoredField[],
  fields: readonly ColumnField[],
  { root, settings }: Pictures,
  length: number,
): Promise<string> {
  const files = columns
    .filter((_, i) => isImage(fields[i]))
    .flatMap((paths) => Array.from({ length }, (_, row) => paths.get(row) as string | null))
    .flatMap((path) => (path === null ? [] : [join(root, path)]));
  return `${await fingerprintFiles(files)} ${JSON.stringify({ ...settings, warn: undefined })}`;
}

export function isImage({ kind }: ColumnField): boolean {
  return kind === "image";
}

/** Where the pictures of a table lie, how they are read, and who is told of it. */
export interface Pictures {
  readonly root: string;
  readonly settings: DecodeSettings | undefined;
}

/** `columns` with those of images as such. */
export function withPictures(
  columns: readonly StoredField[],
  fields: readonly ColumnField[],
  { root, settings }: Pictures,
): readonly StoredField[] {
  if (settings === undefined) return columns;
  return columns.map((column, i) => (isImage(fields[i]) ? imageField(column, root, settings) : column));
}
