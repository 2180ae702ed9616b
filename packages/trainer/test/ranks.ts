/** Processes that train together, as tests start them. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** One run of `fixtures/rank.mjs`. */
export interface RankRun {
  readonly name: string;
  readonly layers: readonly object[];
  readonly shape: readonly number[];
  readonly options?: object;
  readonly count?: number;
  readonly batchSize?: number;
  readonly validationCount?: number;
  readonly stream?: boolean;
  /** As if each process had a host of its own. */
  readonly apart?: boolean;
  /** The sample whose numbers are too large. */
  readonly huge?: number;
  /** Which process kills itself, after so many steps. */
  readonly kill?: { readonly rank: number; readonly step: number };
  /** Which process is asked to stop, after so many steps. */
  readonly stop?: { readonly rank: number; readonly step: number };
  /** What one process is told otherwise. */
  readonly unlike?: { readonly rank: number; readonly told: object };
  /** The folder of the run to go on from. */
  readonly resume?: string;
}

/** What one process tells of one run. */
export interface Told {
  readonly steps: readonly number[];
  readonly metrics: Readonly<Record<string, number>>;
  readonly endedBy: string;
  readonly predictions: readonly number[];
  readonly worst: readonly number[];
  readonly train: readonly Readonly<Record<string, number>>[];
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly where: readonly string[];
    readonly details: readonly string[];
  };
}

export interface Ended {
  /** The run's folders are in it, by their names. */
  readonly folder: string;
  /** By rank; the name of the signal for one that was killed. */
  readonly codes: readonly (number | string | null)[];
  /** By rank, then by run. */
  readonly told: readonly (readonly Told[])[];
}

/** Trains with so many processes; the folder is removed when the test ends. */
export async function trainTogether(size: number, runs: readonly RankRun[]): Promise<Ended> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-ranks-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const settings = join(folder, "settings.json");
  await writeFile(settings, JSON.stringify({ folder, runs }));
  const ranks = Array.from({ length: size }, (_, rank) => rank);
  const codes = await Promise.all(ranks.map((rank) => start(rank, size, settings)));
  const told = await Promise.all(
    ranks.map(async (rank) => {
      const text = await readFile(join(folder, `rank-${rank}.json`), "utf8").catch(() => "[]");
      return JSON.parse(text) as Told[];
    }),
  );
  return { folder, codes, told };
}

function start(rank: number, size: number, settings: string): Promise<number | string | null> {
  const program = fileURLToPath(new URL("fixtures/rank.mjs", import.meta.url));
  const seat = {
    MILLRACE_RANK: String(rank),
    MILLRACE_SIZE: String(size),
    MILLRACE_GROUP: join(settings, "..", "group.sock"),
  };
  const env = { ...process.env, ...(size > 1 && seat) };
  const child = spawn(process.execPath, [program, settings], {
    env,
    stdio: ["ignore", "inherit", "inherit"],
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? signal));
  });
}
