/** What may be read below a folder: links that lead out of it only where somebody said so. */
import { realpath } from "node:fs/promises";
import { isAbsolute, relative, sep } from "node:path";
import { MillraceError } from "@millrace/core";
import { z } from "zod";

export const allowOutsideOption = z
  .boolean()
  .default(false)
  .describe(
    "follow symbolic links that lead out of the folder; otherwise they are refused, so that a data set from elsewhere reads no other files of this machine",
  );

/** A folder by its own path, with no links in it. */
export interface Within {
  readonly folder: string;
  readonly allowOutside: boolean;
}

export async function within(folder: string, allowOutside: boolean): Promise<Within> {
  return { folder: await realpath(folder), allowOutside };
}

/** Where a link leads; undefined where to nothing. Errors: FILE_OUTSIDE. */
export async function linkTarget(
  link: string,
  { folder, allowOutside }: Within,
): Promise<string | undefined> {
  const target = await realpath(link).catch(() => undefined);
  if (target === undefined || allowOutside || isInside(folder, target)) return target;
  throw leadsOut(link, target, folder);
}

export function leadsOut(link: string, target: string, folder: string): MillraceError {
  return new MillraceError(
    "FILE_OUTSIDE",
    `a link must not lead out of ${folder}, but one leads to ${target}`,
    { where: [link], hint: "Remove the link, or set `allowOutside` if it may be followed." },
  );
}

export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
