/** Columns that name image files: pictures with the answers beside them, as annotation files have them. */
import { dirname, resolve } from "node:path";
import {
  type ColumnField,
  fingerprintFiles,
  imageOptions,
  type ImageReader,
  pathOption,
} from "@millrace/core";
import { z } from "zod";
import type { StoredField } from "./stored.js";

/** How the pictures that image columns name are read. */
export const imagesOption = imageOptions.extend({
  root: pathOption().optional().describe("folder of the paths in the file; by default the file's own"),
});

export type ImagesOption = z.output<typeof imagesOption>;

/** Where the paths in a table start. `path` is the table's; a root is relative to the spec. */
export function imageRoot(path: string, { root }: ImagesOption, specFolder: string): string {
  return root === undefined ? dirname(path) : resolve(specFolder, root);
}

/** The field of paths as one of images that are still files. */
function imageField(paths: StoredField, folder: string, reader: ImageReader): StoredField {
  return {
    ...paths,
    get: (row) => {
      const path = paths.get(row) as string | null;
      return path === null ? null : reader.image({ name: resolve(folder, path) });
    },
  };
}

/** What the pictures are known by, as `Dataset.fingerprint` wants it. */
export async function picturesFingerprint(
  columns: readonly StoredField[],
  fields: readonly ColumnField[],
  { root, reader }: Pictures,
  length: number,
): Promise<string> {
  const files = columns
    .filter((_, i) => isImage(fields[i]))
    .flatMap((paths) => Array.from({ length }, (_, row) => paths.get(row) as string | null))
    .flatMap((path) => (path === null ? [] : [resolve(root, path)]));
  return `${await fingerprintFiles(files)} ${reader?.fingerprint}`;
}

export function isImage({ kind }: ColumnField): boolean {
  return kind === "image";
}

/** Where the pictures of a table lie, how they are read, and who is told of it. */
export interface Pictures {
  readonly root: string;
  readonly reader: ImageReader | undefined;
}

/** `columns` with those of images as such. */
export function withPictures(
  columns: readonly StoredField[],
  fields: readonly ColumnField[],
  { root, reader }: Pictures,
): readonly StoredField[] {
  if (reader === undefined) return columns;
  return columns.map((column, i) => (isImage(fields[i]) ? imageField(column, root, reader) : column));
}
