/** A folder of runs, looked at again and again: which there are, and what each has come to. */
import { relative, sep } from "node:path";
import type { NamedRun } from "../compare/compared.js";
import { runNames, runsUnder } from "../run/find-runs.js";
import { type PastRun, type RunReader, runReader } from "../run/past-run.js";

export interface WatchedRun extends NamedRun {
  /** Its folder, relative to the one that is watched, with "/". */
  readonly id: string;
}

export interface RunsWatch {
  /** The newest first. Calls at once share one look. */
  read(): Promise<readonly WatchedRun[]>;
}

/** Looking for new folders takes longer than looking into those that are known. */
const leastApart = 2000;

export function watchRuns(folder: string): RunsWatch {
  const readers = new Map<string, RunReader>();
  /** A run that has not changed is the same object as before. */
  const told = new WeakMap<PastRun, WatchedRun>();
  let folders: readonly string[] = [];
  let nextScan = 0;
  let looking: Promise<readonly WatchedRun[]> | undefined;
  const scan = async () => {
    const started = performance.now();
    if (started < nextScan) return;
    folders = await runsUnder(folder);
    const took = performance.now() - started;
    nextScan = performance.now() + Math.max(leastApart, 10 * took);
    for (const known of readers.keys()) if (!folders.includes(known)) readers.delete(known);
  };
  const look = async (): Promise<readonly WatchedRun[]> => {
    await scan();
    const names = runNames(folders);
    const runs = await Promise.all(
      folders.map(async (path, i): Promise<WatchedRun> => {
        const reader = readers.get(path) ?? runReader(path);
        readers.set(path, reader);
        const run = await reader.read();
        const before = told.get(run);
        if (before?.name === names[i]) return before;
        const id = relative(folder, path).split(sep).join("/") || ".";
        const now = { ...run, name: names[i], id };
        told.set(run, now);
        return now;
      }),
    );
    return runs.toSorted((a, b) => timeOf(b) - timeOf(a) || a.id.localeCompare(b.id));
  };
  return {
    read() {
      looking ??= look().finally(() => {
        looking = undefined;
      });
      return looking;
    },
  };
}

function timeOf({ startedAt }: NamedRun): number {
  return startedAt?.getTime() ?? 0;
}
