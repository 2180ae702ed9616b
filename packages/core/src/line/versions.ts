/** Which code makes samples: versions of packages, and the state of code that has none. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** What a module's code is. */
export interface CodeVersion {
  /** "name@version" of its package. */
  readonly package?: string;
  /** The same of the packages that it depends on itself, such as an image decoder. */
  readonly dependencies?: readonly string[];
  /** For code that is not installed: its newest file's time of change in milliseconds, and the files' sizes together. */
  readonly changed?: readonly [number, number];
}

/**
 * The version of the module at `url`. Code outside `node_modules` may change without a new version: a package under
 * development counts by all that is built of it, a file that stands alone by itself.
 */
export function versionOf(url: string): CodeVersion {
  if (!url.startsWith("file:")) return { package: url };
  const path = fileURLToPath(url);
  const folder = packageFolder(path);
  const installed = path.includes(`${sep}node_modules${sep}`);
  if (folder === undefined) return { changed: changed([path]) };
  const { name, version, dependencies, optionalDependencies } = manifest(folder);
  if (name === undefined || version === undefined) return { changed: changed([path]) };
  const needed = Object.keys({ ...dependencies, ...optionalDependencies }).sort();
  const files = isBuilt(path, folder) ? filesBelow(join(folder, "dist")) : [path];
  return {
    package: `${name}@${version}`,
    dependencies: needed.flatMap((dependency) => installedVersion(folder, dependency) ?? []),
    ...(!installed && { changed: changed(files) }),
  };
}

/** This package's own. */
export function coreVersion(): CodeVersion {
  return versionOf(import.meta.url);
}

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

function manifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}

/** The nearest folder above that has a package.json. */
function packageFolder(path: string): string | undefined {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (statSync(join(folder, "package.json"), { throwIfNoEntry: false }) !== undefined) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

/** True for a package's built code; false for a plugin beside a spec in somebody's project. */
function isBuilt(path: string, folder: string): boolean {
  return path.startsWith(join(folder, "dist") + sep);
}

function installedVersion(from: string, name: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const found = join(folder, "node_modules", name);
    if (statSync(join(found, "package.json"), { throwIfNoEntry: false }) !== undefined) {
      return `${name}@${manifest(found).version}`;
    }
    if (folder === dirname(folder)) return undefined;
  }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.[cm]?js$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

function changed(files: readonly string[]): readonly [number, number] {
  const found = files.map((file) => statSync(file));
  return [
    Math.max(...found.map(({ mtimeMs }) => Math.floor(mtimeMs))),
    found.reduce((sum, { size }) => sum + size, 0),
  ];
}
