/** Files that a command writes again: its own of before, and nothing of a person's. */
import { open } from "node:fs/promises";
import { MillraceError } from "@millrace/core";
import { writeFault } from "./write-fault.js";

export interface Replaceable {
  /** What each of its files has within its first bytes. */
  readonly mark: string;
  /** What it is called: "the page", and what of it may be written over: "an older comparison". */
  readonly what: string;
  readonly older: string;
  /** The option that names the file, and a name that would do. */
  readonly hint: string;
}

const looked = 2 ** 16;

/** Call before anything takes long. @throws MillraceError OUT_DIR where something else is at `path` */
export async function refuseOther(path: string, { mark, what, older, hint }: Replaceable): Promise<void> {
  const beginning = await firstOf(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw writeFault(path, error);
  });
  if (beginning === undefined || beginning.includes(mark)) return;
  throw new MillraceError(
    "OUT_DIR",
    `${what} must be a new file or ${older}, but ${path} is something else`,
    {
      hint,
    },
  );
}

async function firstOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(looked), 0, looked, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}
