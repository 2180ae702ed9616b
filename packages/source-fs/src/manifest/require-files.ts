/** Looks for the files that a dataset's images will be read from, before anybody trains for hours without one of them. */
import { lstat, realpath } from "node:fs/promises";
import { dirname } from "node:path";
import { type Dataset, isDeferredImage, MillraceError } from "@millrace/core";
import { isInside } from "../files/within.js";

/** Samples that are looked at together. */
const atOnce = 256;
/** Missing files that the error names. */
const mostNamed = 5;

interface Named {
  readonly path: string;
  readonly key: string;
}

/** Errors: FILE_NOT_FOUND, which names the first few, and where they are named; FILE_OUTSIDE. */
export async function requireFiles(dataset: Dataset, root: string, allowOutside: boolean): Promise<void> {
  const folder = await realpath(root).catch(() => root);
  const folders = new Map<string, Promise<string>>();
  const real = (path: string): Promise<string> => {
    const known = folders.get(path) ?? realpath(path);
    folders.set(path, known);
    return known;
  };
  const missing: Named[] = [];
  const look = async ({ path, key }: Named): Promise<void> => {
    try {
      const isLink = (await lstat(path)).isSymbolicLink();
      const target = isLink ? await realpath(path) : await real(dirname(path));
      if (!allowOutside && !isInside(folder, target)) throw leadsOut(path, target, folder, key);
    } catch (error) {
      if (error instanceof MillraceError) throw error;
      missing.push({ path, key });
    }
  };
  for (let start = 0; start < dataset.length; start += atOnce) {
    const indices = Array.from({ length: Math.min(atOnce, dataset.length - start) }, (_, i) => start + i);
    const named = await Promise.all(indices.map(async (index) => imagesOf(dataset, index)));
    await Promise.all(named.flat().map(look));
  }
  if (missing.length > 0) throw notThere(missing, root);
}

/** A row that cannot be a sample says so when it is read. */
async function imagesOf(dataset: Dataset, index: number): Promise<Named[]> {
  try {
    const sample = (await dataset.get(index, { epoch: 0 })) as object;
    const key = dataset.key?.(index) ?? `${index}`;
    return Object.values(sample).flatMap((value) =>
      isDeferredImage(value) ? [{ path: value.name, key }] : [],
    );
  } catch {
    return [];
  }
}

function leadsOut(path: string, target: string, folder: string, key: string): MillraceError {
  return new MillraceError(
    "FILE_OUTSIDE",
    `paths must not lead out of ${folder}, but ${path} leads to ${target}`,
    { where: [key], hint: "Correct the path, or set `allowOutside` if it may be followed." },
  );
}

function notThere(missing: readonly Named[], root: string): MillraceError {
  const named = missing.slice(0, mostNamed).map(({ path, key }) => `${path} (${key})`);
  const more = missing.length > mostNamed ? `, and ${missing.length - mostNamed} more` : "";
  return new MillraceError(
    "FILE_NOT_FOUND",
    `every image that is named must be there, but ${missing.length} are not: ${named.join(", ")}${more}`,
    { hint: `Correct the paths, which start at ${root} (\`root\`), or leave rows out by \`where\`.` },
  );
}
