/** The files below a folder that fit patterns, in one order on every machine. */
import { lstat, realpath, type Stats, stat } from "node:fs";
import { relative, sep } from "node:path";
import { fileFault, MillraceError } from "@millrace/core";
import { glob } from "tinyglobby";
import { isInside, leadsOut, within } from "./within.js";

export interface FileList {
  readonly patterns: string | readonly string[];
  readonly ignore: string | readonly string[];
  /** Names that begin with a dot count too. */
  readonly dot: boolean;
  readonly allowOutside: boolean;
}

/**
 * Paths relative to `root`, with "/" between parts on every system, in the order of their code units. Links are followed, out
 * of the root where that is allowed; those that lead to nothing are among them. Errors: FILE_NOT_FOUND, FILE_FAILED, FILE_OUTSIDE.
 */
export async function listFiles(root: string, list: FileList): Promise<string[]> {
  const bounds = await within(root, list.allowOutside).catch((error: unknown) => {
    throw fileFault(error, root, "cannot be read");
  });
  const outside: (readonly [link: string, target: string])[] = [];
  const broken = new Set<string>();
  const found = await glob(list.patterns, {
    cwd: root,
    ignore: list.ignore,
    dot: list.dot,
    expandDirectories: false,
    // tinyglobby asks for the path of every link that it follows, and of nothing else.
    fs: { realpath: watched as typeof realpath, stat: looked as typeof stat },
  });
  function watched(path: string, done: (error: NodeJS.ErrnoException | null, target: string) => void): void {
    realpath(path, (error, target) => {
      if (error === null && !isInside(bounds.folder, target)) outside.push([path, target]);
      if (error !== null) broken.add(path);
      done(null, error === null ? target : path);
    });
  }
  // What a link to nothing stands for is missing, and said to be so where it is read.
  function looked(path: string, done: (error: NodeJS.ErrnoException | null, found: Stats) => void): void {
    (broken.has(path) ? lstat : stat)(path, done);
  }
  if (!list.allowOutside) refuseLinks(root, bounds.folder, found, outside);
  if (found.length === 0) {
    throw new MillraceError("FILE_NOT_FOUND", `a file must fit \`patterns\`, none does in ${root}`, {
      path: ["patterns"],
      hint: "Correct `root`, which is relative to the spec, or the patterns, which are relative to the root.",
    });
  }
  // Half the cost of a sort that is left to itself, of the same order.
  return found.sort((a, b) => (a < b ? -1 : 1));
}

/** Links that no file was found by may lead anywhere. */
function refuseLinks(
  root: string,
  folder: string,
  found: readonly string[],
  outside: readonly (readonly [link: string, target: string])[],
): void {
  for (const [link, target] of [...outside].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const own = relative(root, link).replaceAll(sep, "/");
    if (found.some((path) => path === own || path.startsWith(`${own}/`)))
      throw leadsOut(link, target, folder);
  }
}
