/** Lists image files by class: one folder per class, as torchvision's ImageFolder reads them. */
import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, extname, join, relative, sep } from "node:path";
import { MillraceError } from "@millrace/core";
import { linkTarget, type Within, within } from "../files/within.js";

export interface ClassFolder {
  readonly name: string;
  /** Paths relative to the root, with "/" between parts on every system. */
  readonly paths: readonly string[];
}

/** What the files are called in messages. */
export type FolderOf = "image" | "sound";

/**
 * The classes under `root`, sorted by name, each with the files whose extension is among `extensions` (lower case,
 * with dot), nested folders included: by folder, then by name, in code-unit order. Links are followed, out of the root where
 * that is allowed. Errors: FILE_NOT_FOUND, FILE_FORMAT, FILE_OUTSIDE.
 */
export async function listClassFolders(
  root: string,
  extensions: readonly string[],
  allowOutside: boolean,
  what: FolderOf = "image",
): Promise<ClassFolder[]> {
  const entries = await rootEntries(root, what);
  const bounds = await within(root, allowOutside);
  const accepted = new Set(extensions);
  const folders: Folder[] = [];
  for (const entry of entries.sort(byName)) {
    const folder = await folderAt(entry, { path: root, real: bounds.folder, ancestors: [] }, bounds);
    if (folder !== undefined) folders.push(folder);
  }
  if (folders.length === 0) throw noClasses(root, entries, extensions, what);
  return Promise.all(
    folders.map(async (folder) => {
      const listing: Listing = { root, bounds, accepted, found: new Map() };
      await collect(listing, folder);
      const paths = [...listing.found.keys()].sort().flatMap((each) => listing.found.get(each) ?? []);
      return { name: basename(folder.path), paths };
    }),
  );
}

interface Listing {
  readonly root: string;
  readonly bounds: Within;
  readonly accepted: ReadonlySet<string>;
  /** Sorted paths by folder. */
  readonly found: Map<string, string[]>;
}

interface Folder {
  readonly path: string;
  /** The same without links. */
  readonly real: string;
  /** The folders above it, without links. */
  readonly ancestors: readonly string[];
}

async function collect(listing: Listing, folder: Folder): Promise<void> {
  // A link to a folder above would be walked for ever, and would add no file.
  if (folder.ancestors.includes(folder.real)) return;
  const names: string[] = [];
  const nested: Folder[] = [];
  for (const entry of await readdir(folder.path, { withFileTypes: true })) {
    const isImage = listing.accepted.has(extname(entry.name).toLowerCase());
    if (entry.isFile()) {
      if (isImage) names.push(entry.name);
      continue;
    }
    const below = await folderAt(entry, folder, listing.bounds);
    if (below !== undefined) nested.push(below);
    // Of what is neither file nor folder, a pipe would be read for ever.
    else if (isImage && entry.isSymbolicLink()) names.push(entry.name);
  }
  const own = relative(listing.root, folder.path).replaceAll(sep, "/");
  listing.found.set(
    own,
    names.sort().map((name) => `${own}/${name}`),
  );
  await Promise.all(nested.map(async (each) => collect(listing, each)));
}

/** The folder that an entry is, or links to. */
async function folderAt(entry: Dirent, above: Folder, bounds: Within): Promise<Folder | undefined> {
  const path = join(above.path, entry.name);
  const ancestors = [...above.ancestors, above.real];
  if (entry.isDirectory()) return { path, real: join(above.real, entry.name), ancestors };
  const real = entry.isSymbolicLink() ? await linkTarget(path, bounds) : undefined;
  return real !== undefined && (await stat(real)).isDirectory() ? { path, real, ancestors } : undefined;
}

function byName(a: Dirent, b: Dirent): number {
  return a.name < b.name ? -1 : 1;
}

async function rootEntries(root: string, what: FolderOf): Promise<Dirent[]> {
  try {
    return await readdir(root, { withFileTypes: true });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") {
      throw new MillraceError("FILE_NOT_FOUND", `${what} folder ${root} does not exist`, {
        cause,
        hint: "Correct `root`; it is relative to the spec.",
        path: ["root"],
      });
    }
    if (code === "ENOTDIR") {
      throw new MillraceError("FILE_FORMAT", `${what} folder ${root} must be a folder, was a file`, {
        cause,
        hint: "Name the folder that holds one folder per class.",
        path: ["root"],
      });
    }
    throw MillraceError.from(cause, "FILE_NOT_FOUND", `${what} folder ${root} cannot be read`);
  }
}

function noClasses(
  root: string,
  entries: readonly Dirent[],
  extensions: readonly string[],
  what: FolderOf,
): MillraceError {
  const files = entries.filter(({ name }) => extensions.includes(extname(name).toLowerCase())).length;
  const hint = `Put the ${what}s of each class into a folder of its own, such as cat/1${extensions[0]} and dog/1${extensions[0]}.`;
  return new MillraceError(
    "FILE_FORMAT",
    `${what} folder ${root} must hold one folder per class, has none${files > 0 ? ` (but ${files} ${what}s)` : ""}`,
    { hint, path: ["root"] },
  );
}
