/** sweep.json: what a sweep varies, and how far each of its trials has come. Written whole at every change. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { MillraceError } from "@millrace/core";
import { z } from "zod";
import type { Metrics } from "@millrace/core/spec";
import { writeWhole } from "../run/directory.js";
import { shortest } from "../run/run-folder.js";
import type { Values } from "./space.js";

export const sweepName = "sweep.json";

/**
 * `stopped` by Ctrl-C, or with its process (`killed`): both go on. `hopeless` trials were given up by the sweep's rule; they are kept
 * as they are, like `finished` and `failed` ones.
 */
export type TrialState = "waiting" | "running" | "finished" | "hopeless" | "stopped" | "killed" | "failed";

export interface Trial {
  /** "001" */
  readonly id: string;
  readonly values: Values;
  state: TrialState;
  /** Its run folders from the sweep's, the present one last: a trial that goes on has a folder more. */
  runs: string[];
  metrics?: Metrics;
  epochs?: number;
  /** Over all its runs. */
  seconds?: number;
  /** Why it failed, or was given up. */
  reason?: string;
  pid?: number;
}

export type StoppingRule =
  | { readonly rule: "median" }
  | { readonly rule: "halving"; readonly factor: number };

export interface Sweep {
  readonly version: 1;
  status: "running" | "finished" | "stopped";
  readonly name: string;
  /** Full paths. */
  readonly specs: readonly string[];
  /** Of what they say: trials of another spec would not be comparable. */
  readonly specDigest: string;
  /** What was asked for, as it was written. */
  readonly set: readonly string[];
  readonly random?: { readonly count: number; readonly seed: number };
  /** The metric by which trials are ranked. */
  by: string;
  readonly stopping?: StoppingRule;
  readonly tensorboard: boolean;
  readonly millrace: string;
  readonly startedAt: string;
  finishedAt?: string;
  /** Of the process that runs it. */
  pid?: number;
  readonly trials: Trial[];
}

export function digestOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}

export function writeSweep(folder: string, sweep: Sweep): Promise<void> {
  return writeWhole(join(folder, sweepName), `${JSON.stringify(sweep, null, 2)}\n`);
}

const asWritten = "Put back the file as the sweep wrote it, or begin a new sweep.";

/** What going on with a sweep relies on. */
const written = z.looseObject({
  version: z.literal(1),
  status: z.string(),
  name: z.string(),
  specs: z.array(z.string()).min(1),
  specDigest: z.string(),
  set: z.array(z.string()),
  by: z.string(),
  startedAt: z.string(),
  trials: z.array(
    z.looseObject({
      id: z.string(),
      values: z.record(z.string(), z.unknown()),
      state: z.string(),
      runs: z.array(z.string()),
    }),
  ),
});

/** @throws MillraceError FILE_NOT_FOUND or FILE_FORMAT. */
export async function readSweep(folder: string): Promise<Sweep> {
  const path = shortest(join(folder, sweepName));
  let text: string;
  try {
    text = await readFile(join(folder, sweepName), "utf8");
  } catch (cause) {
    throw new MillraceError(
      "FILE_NOT_FOUND",
      `${shortest(folder)} must be the folder of a sweep, but ${path} cannot be read`,
      {
        cause,
        hint: "Name a folder that `millrace sweep` made, such as sweeps/spec-20260101-120000.",
      },
    );
  }
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch (cause) {
    throw new MillraceError("FILE_FORMAT", `${path} must be JSON, and is not`, { hint: asWritten, cause });
  }
  if (!written.safeParse(read).success) {
    throw new MillraceError("FILE_FORMAT", `${path} must be what a sweep of this version of Millrace wrote`, {
      hint: asWritten,
    });
  }
  return read as Sweep;
}

/** True for a process that is at work; one of another user counts, one that has ended and that nobody asked after does not. */
export function isAlive(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** In a container without an init process nobody asks after orphans: they stay in the table. */
function isZombie(pid: number): boolean {
  try {
    return /^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
