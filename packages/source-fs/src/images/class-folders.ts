/** Lists image files by class: one folder per class, as torchvision's ImageFolder reads them. */
import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { MillraceError } from "@millrace/core";

export interface ClassFolder {
  readonly name: string;
  /** Paths relative to the root, with "/" between parts on every system. */
  readonly paths: readonly string[];
}

/**
 * The classes under `root`, sorted by name, each with the files whose extension is among `extensions` (lower case,
 * with dot), nested folders included: by folder, then by name, in code-unit order. Links are followed.
 * Errors: FILE_NOT_FOUND, FILE_FORMAT.
 */
export async function listClassFolders(root: string, extensions: readonly string[]): Promise<ClassFolder[]> {
  const entries = await rootEntries(root);
  const folders: string[] = [];
  for (const entry of entries) if (await isFolder(root, entry)) folders.push(entry.name);
  if (folders.length === 0) throw noClasses(root, entries, extensions);
  const accepted = new Set(extensions);
  const top = await realpath(root);
  return Promise.all(
    folders.sort().map(async (name) => {
      const listing: Listing = { root, accepted, found: new Map() };
      await collect(listing, name, [top]);
      const paths = [...listing.found.keys()].sort().flatMap((folder) => listing.found.get(folder) ?? []);
      return { name, paths };
    }),
  );
}

interface Listing {
  readonly root: string;
  readonly accepted: ReadonlySet<string>;
  /** Sorted paths by folder. */
  readonly found: Map<string, string[]>;
}

async function collect(listing: Listing, folder: string, ancestors: readonly string[]): Promise<void> {
  const absolute = join(listing.root, folder);
  const real = await realpath(absolute);
  // A link to a folder above would be walked for ever, and would add no file.
  if (ancestors.includes(real)) return;
  const names: string[] = [];
  const nested: string[] = [];
  for (const entry of await readdir(absolute, { withFileTypes: true })) {
    if (await isFolder(absolute, entry)) nested.push(entry.name);
    else if (listing.accepted.has(extname(entry.name).toLowerCase())) names.push(entry.name);
  }
  listing.found.set(
    folder,
    names.sort().map((name) => `${folder}/${name}`),
  );
  for (const name of nested) await collect(listing, `${folder}/${name}`, [...ancestors, real]);
}

function isFolder(parent: string, entry: Dirent): boolean | Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return stat(join(parent, entry.name)).then(
    (status) => status.isDirectory(),
    () => false,
  );
}

async function rootEntries(root: string): Promise<Dirent[]> {
  try {
    return await readdir(root, { withFileTypes: true });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") {
      throw new MillraceError("FILE_NOT_FOUND", `image folder ${root} does not exist`, {
        cause,
        hint: "Correct `root`; it is relative to the spec.",
        path: ["root"],
      });
    }
    if (code === "ENOTDIR") {
      throw new MillraceError("FILE_FORMAT", `image folder ${root} must be a folder, was a file`, {
        cause,
        hint: "Name the folder that holds one folder per class.",
        path: ["root"],
      });
    }
    throw MillraceError.from(cause, "FILE_NOT_FOUND", `image folder ${root} cannot be read`);
  }
}

function noClasses(root: string, entries: readonly Dirent[], extensions: readonly string[]): MillraceError {
  const images = entries.filter(({ name }) => extensions.includes(extname(name).toLowerCase())).length;
  const hint = "Put the images of each class into a folder of its own, such as cat/1.png and dog/1.png.";
  return new MillraceError(
    "FILE_FORMAT",
    `image folder ${root} must hold one folder per class, has none${images > 0 ? ` (but ${images} images)` : ""}`,
    { hint, path: ["root"] },
  );
}
