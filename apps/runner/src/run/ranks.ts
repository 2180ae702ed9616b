/** Several processes as one run: who they are, what rank 0 tells for all of them, and how they end together. */
import { appendFileSync, existsSync } from "node:fs";
import { availableParallelism, cpus, hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { gatherValues, groupOfOne, type Logger, MillraceError, type ProcessGroup } from "@millrace/core";
import type { QuarantineEntry } from "@millrace/core/dataloader";
import type { SpecText } from "@millrace/core/spec";
import { openGroup } from "../compose.js";
import { exitCodeOf, failureRecord, failureText } from "../failure.js";
import type { Shell } from "../shell.js";
import type { BadSamples } from "./bad-samples.js";
import { gpuOfRank } from "./gpus.js";

/** This process's group, and what it tells only when all have come to an end. */
export interface Ranks {
  readonly group: ProcessGroup;
  readonly isFirst: boolean;
  /** True once rank 0 tells what keeps them from beginning, whoever met it. */
  isTold?: boolean;
  /** Where rank 0 keeps the run, once that is known. */
  runDir?: string;
  /** Of ranks other than 0: told by rank 0 in the end. */
  readonly warnings: string[];
  readonly bad: QuarantineEntry[];
}

/** Joins the group that this process was started in; alone where there is none. */
export async function openRanks(
  logger: Logger,
  env: NodeJS.ProcessEnv,
  spec?: () => Promise<SpecText>,
): Promise<Ranks> {
  const group = await openGroup(logger, env, spec);
  if (group.size > 1) {
    shareCores(group, env);
    Object.assign(env, gpuOfRank(group, env));
  }
  return { group, isFirst: group.rank === 0, warnings: [], bad: [] };
}

export const alone: Ranks = { group: groupOfOne, isFirst: true, warnings: [], bad: [] };

/** Kernels of libtensorflow take all cores otherwise, in every process of a host. */
function shareCores({ localSize }: ProcessGroup, env: NodeJS.ProcessEnv): void {
  const threads = String(Math.max(1, Math.floor(availableParallelism() / localSize)));
  for (const name of ["TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"])
    env[name] ??= threads;
}

/** "sockets, 4 ranks on 1 host", and what keeps them from all cores; empty for a process that trains alone. */
export function groupLines({ group }: Ranks): readonly string[] {
  if (group.size === 1) return [];
  const isBound = availableParallelism() === 1 && cpus().length > 1;
  const bound = `warning: each rank is bound to one core of ${cpus().length}, on which its workers and kernels share: start mpirun with --bind-to none`;
  return [`group: ${group.description}`, ...(isBound ? [bound] : [])];
}

/** Whether all can begin: asked by each rank at the same places, until they train. */
export interface Beginning {
  /** Every rank has come so far; `last`, and is asked no more. @throws MillraceError what the first rank met that has not */
  agree(end?: "last"): Promise<void>;
  /** What is told of a fault, by all: that of the first rank with one; the fault itself once nobody is asked any more. */
  disagree(error: unknown): Promise<unknown>;
}

export function beginning(ranks: Ranks): Beginning {
  let isOpen = ranks.group.size > 1;
  /** The fault of the first rank that has one. */
  const ask = async (own: unknown): Promise<unknown> => {
    const fault = own === undefined ? null : { ...failureRecord(own), host: hostname() };
    const all = await gatherValues(ranks.group, fault as BeginningFault | null);
    const rank = all.findIndex((each) => each !== null);
    const first = all[rank];
    if (first === undefined || first === null) return undefined;
    isOpen = false;
    ranks.isTold = true;
    if (rank === ranks.group.rank) return own;
    const { code, message, hint, details, where, host } = first;
    return new MillraceError(code, message, { hint, details, where: [...where, placeOf(rank, host)] });
  };
  return {
    async agree(end) {
      const fault = isOpen ? await ask(undefined) : undefined;
      if (fault !== undefined) throw fault;
      if (end === "last") isOpen = false;
    },
    disagree: async (error) => (isOpen ? ask(error).catch(() => error) : error),
  };
}

interface BeginningFault extends Pick<MillraceError, "code" | "message" | "hint" | "details" | "where"> {
  readonly host: string;
}

/** When all have trained: what other ranks have to tell reaches rank 0. */
export async function gatherTold(
  { group, isFirst, warnings, bad }: Ranks,
  into: BadSamples,
  logger: Logger,
): Promise<void> {
  if (group.size === 1) return;
  const all = await gatherValues(group, { warnings, bad, host: hostname() });
  if (!isFirst) return;
  const nameOf = ({ split, key, shard, index }: QuarantineEntry) =>
    JSON.stringify([split, key, shard, index]);
  const known = new Set(bad.map(nameOf));
  for (const entry of all.flatMap((each) => each.bad)) {
    if (known.has(nameOf(entry))) continue;
    known.add(nameOf(entry));
    into.add(entry);
  }
  const said = new Set(warnings);
  for (const [rank, { warnings: own, host }] of all.entries()) {
    for (const text of own) {
      if (said.has(text)) continue;
      said.add(text);
      logger.warn({ rank, host }, `${placeOf(rank, host)}: ${text}`);
    }
  }
}

/** Rank 0 is given so long to say what went wrong, where it met the same; then the others, one after the other. */
const graceMilliseconds = { first: 5000, each: 300, most: 15_000 };

/** Waits until rank 0, and those before `rank`, would have told; most launchers end this process meanwhile. */
export async function beforeOthers(rank: number): Promise<void> {
  const { first, each, most } = graceMilliseconds;
  await wait(Math.min(most, first + each * (rank - 1)));
}

/** After a fault: all ranks end. Rank 0 says why when its process ends; others where they can. */
export async function endTogether(ranks: Ranks, error: unknown, shell: Shell): Promise<void> {
  const { group, isFirst, runDir } = ranks;
  if (group.size === 1) return;
  if (isFirst) {
    process.once("exit", (code) => group.abort(code === 0 ? exitCodeOf(error) : code));
    return;
  }
  await beforeOthers(group.rank);
  if (ranks.isTold === true) return group.abort(exitCodeOf(error));
  const place = placeOf(group.rank);
  shell.err.write(`${place}: ${failureText(error, shell.err.colors, shell.verbose)}`);
  logBeside(runDir, place, error);
  group.abort(exitCodeOf(error));
}

export function placeOf(rank: number, host = hostname()): string {
  return `rank ${rank} on ${host}`;
}

/** In rank 0's own log, where this host sees its folder. */
function logBeside(runDir: string | undefined, place: string, error: unknown): void {
  const path = runDir === undefined ? undefined : join(runDir, "log.jsonl");
  if (path === undefined || !existsSync(path)) return;
  const record = failureRecord(error) as { readonly message: string };
  const line = {
    level: 50,
    time: new Date().toISOString(),
    error: record,
    msg: `${place}: ${record.message}`,
  };
  try {
    appendFileSync(path, `${JSON.stringify(line)}\n`);
  } catch {
    // It was said on stderr.
  }
}
