/** Which files the shards are: names, ranges and patterns, in an order that is the same everywhere. */
import { open } from "node:fs/promises";
import { MillraceError } from "@millrace/core";
import { findFiles } from "../files/find.js";
import { stampOf } from "../files/stamp.js";

/** One archive. Plain data. */
export interface Shard {
  /** As the spec names it, from its folder. */
  readonly name: string;
  readonly path: string;
  readonly size: number;
  /** By which it is known to be the same. */
  readonly stamp: string;
}

/** A range longer than this is a slip. */
const mostNames = 1_000_000;

/**
 * The files that `shards` names: a path; a range of them, as in "train-{000..099}.tar"; or a pattern, as in "train/*.tar",
 * whose files are sorted by code units. Errors: FILE_NOT_FOUND, FILE_FORMAT for what is no plain tar archive, OPTION_INVALID.
 */
export async function findShards(shards: string | readonly string[], baseUrl: URL): Promise<Shard[]> {
  const names = (typeof shards === "string" ? [shards] : shards).flatMap(expandRanges);
  const found: Shard[] = [];
  for (const { name, path } of await findFiles(names, baseUrl, "shards"))
    found.push(await shardAt(name, path));
  return found;
}

/** The names of a range `{000..099}`, or several: numbers have as many digits as the longer end, if one begins with 0. */
export function expandRanges(pattern: string): string[] {
  const range = /\{(\d+)\.\.(\d+)\}/.exec(pattern);
  if (range === null) return [pattern];
  const [whole, low, high] = range;
  const count = Number(high) - Number(low) + 1;
  if (count < 1 || count > mostNames) {
    const rule = count < 1 ? "must begin with the smaller number" : `must have at most ${mostNames} numbers`;
    throw new MillraceError("OPTION_INVALID", `a range of shards ${rule}, was ${whole}`, {
      path: ["shards"],
    });
  }
  const isPadded = [low, high].some((end) => end.length > 1 && end.startsWith("0"));
  const width = isPadded ? Math.max(low.length, high.length) : 0;
  const head = pattern.slice(0, range.index);
  const tails = expandRanges(pattern.slice(range.index + whole.length));
  if (count * tails.length > mostNames) {
    const rule = `ranges of shards must make at most ${mostNames} names, ${JSON.stringify(pattern)} makes more`;
    throw new MillraceError("OPTION_INVALID", rule, { path: ["shards"] });
  }
  return Array.from({ length: count }, (_, i) => `${Number(low) + i}`.padStart(width, "0")).flatMap(
    (number) => tails.map((tail) => `${head}${number}${tail}`),
  );
}

/** First bytes of what a program has compressed, and how to undo it. */
const compressions: readonly (readonly [name: string, magic: readonly number[], undo: string])[] = [
  ["gzip", [0x1f, 0x8b], "gunzip"],
  ["Zstandard", [0x28, 0xb5, 0x2f, 0xfd], "unzstd"],
  ["bzip2", [0x42, 0x5a, 0x68], "bunzip2"],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a], "unxz"],
  ["LZ4", [0x04, 0x22, 0x4d, 0x18], "unlz4"],
  ["zip", [0x50, 0x4b, 0x03, 0x04], "unzip"],
];

/** The shard at `path`, which is looked at. Errors: FILE_NOT_FOUND, FILE_FORMAT. */
export async function shardAt(name: string, path: string): Promise<Shard> {
  const file = await open(path).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === "ENOENT" ? "does not exist" : `cannot be opened (${cause.code})`;
    throw new MillraceError("FILE_NOT_FOUND", `shard ${path} ${why}`, {
      cause,
      hint: "Correct `shards`; names are relative to the spec.",
      path: ["shards"],
    });
  });
  try {
    const status = await file.stat();
    if (!status.isFile()) throw noFile(path);
    const start = Buffer.alloc(8);
    await file.read(start, 0, start.length, 0);
    requirePlain(path, start);
    return { name, path, size: status.size, stamp: stampOf(path) ?? "" };
  } finally {
    await file.close();
  }
}

function requirePlain(path: string, start: Buffer): void {
  const found = compressions.find(([, magic]) => magic.every((byte, i) => start[i] === byte));
  if (found === undefined) return;
  const [name, , undo] = found;
  throw new MillraceError("FILE_FORMAT", "a shard must be a plain tar archive, but the file is compressed", {
    where: [`${path}: ${name}`],
    hint: `Unpack it first (\`${undo} ${path}\`): samples are read by their place in the file, and images do not become smaller.`,
    path: ["shards"],
  });
}

function noFile(path: string): MillraceError {
  return new MillraceError("FILE_FORMAT", `a shard must be a file, but ${path} is none`, {
    hint: 'Name the archives in a folder by a pattern, such as "shards/*.tar".',
    path: ["shards"],
  });
}
