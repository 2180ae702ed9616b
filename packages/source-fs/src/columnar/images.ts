/** Columns that hold images: their bytes, or the paths of their files. */
import { dirname, resolve } from "node:path";
import { type ColumnField, fingerprintFiles, type ImageReader } from "@millrace/core";
import type { Storage } from "./storage.js";

/** Makes of what stands in a column of images what a sample holds. Paths start at `root`. */
export function imageFinisher(
  { kind, from }: ColumnField,
  reader: ImageReader,
  storage: Storage,
  root: string,
): ((value: unknown, place: string) => unknown) | undefined {
  if (kind !== "image") return undefined;
  const isPath = namesFiles(storage, from[0]);
  return (value, place) => {
    if (value === null) return null;
    if (!isPath) return reader.image({ name: `${place}, column "${from[0]}"`, bytes: value as Uint8Array });
    return reader.image({ name: resolve(root, Buffer.from(value as Uint8Array).toString("utf8")) });
  };
}

function namesFiles({ columns }: Storage, name: string): boolean {
  return columns.find((column) => column.name === name)?.meaning.kind === "text";
}

/** By default paths start at the folder of the first file. */
export function imageFolder({ files }: Storage, root: string | undefined, specFolder: string): string {
  return root === undefined ? dirname(files[0].path) : resolve(specFolder, root);
}

/** What image files that are named by columns are known by, as `Dataset.fingerprint` wants it. */
export async function imagesFingerprint(
  fields: readonly ColumnField[],
  storage: Storage,
  root: string,
  pathsOf: (field: string) => Promise<readonly string[]>,
): Promise<string> {
  const paths: string[] = [];
  for (const { field, from, kind } of fields) {
    if (kind !== "image" || !namesFiles(storage, from[0])) continue;
    for (const path of await pathsOf(field)) paths.push(resolve(root, path));
  }
  return paths.length === 0 ? "" : fingerprintFiles(paths);
}
