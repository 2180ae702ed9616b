/** A run that was made before, or goes on just now, as its folder tells: whatever is missing or half written is borne. */
import { lstat, open, readFile, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import type { EpochResult } from "@millrace/core/spec";
import type { RunHistory, RunStatus, StepPoint } from "./history.js";
import { type MetricsLine, metricsName } from "./metrics-file.js";
import { type MetricsTail, metricsTail } from "./metrics-tail.js";
import { stepPoints } from "./step-points.js";

/** "lost" says "running" although its process is gone; "unknown" has no run.json that can be read. */
export type Standing = RunStatus | "lost" | "unknown";

export interface PastRun {
  readonly folder: string;
  readonly standing: Standing;
  /** Why it failed. */
  readonly error?: string;
  readonly startedAt?: Date;
  /** From its start to its end, or to now. */
  readonly seconds?: number;
  /** The run, or the checkpoint of one, that it went on from. */
  readonly resumedFrom?: string;
  readonly device?: string;
  readonly parameters?: number;
  /** As it was checked; undefined where it cannot be read. */
  readonly spec?: unknown;
  readonly history: RunHistory;
  /** Whether there is a report.html, and no link to something else. */
  readonly hasReport: boolean;
}

/** What a run says of itself in run.json, as far as it is what it should be. */
type Told = Readonly<Partial<Record<string, unknown>>>;

/** Reads the folder again and again, one look at a time; what was read of metrics.jsonl is not read twice. */
export interface RunReader {
  read(): Promise<PastRun>;
}

export function runReader(folder: string): RunReader {
  const record = join(folder, "run.json");
  const measured = measuredIn(join(folder, metricsName));
  let opening: Opening = {};
  let spec: unknown;
  /** What a run was that has ended: it is read again where its run.json was written again. */
  let ended: { readonly at: number; readonly run: PastRun } | undefined;
  return {
    async read() {
      const at = await stat(record).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      );
      if (ended?.at === at) return ended.run;
      // Before the metrics: what a run that has ended by now wrote last is not missed.
      const told = await jsonOf(record);
      const history = await measured();
      spec ??= await jsonOf(join(folder, "spec.json"));
      if (opening.parameters === undefined) opening = await openingOf(join(folder, "log.jsonl"));
      const hasReport = await isFile(join(folder, "report.html"));
      const run: PastRun = { ...pastRun(folder, told, opening), spec, history, hasReport };
      const isOver = ["finished", "stopped", "failed"].includes(run.standing);
      ended = isOver ? { at, run } : undefined;
      return run;
    },
  };
}

/** What a metrics.jsonl has so far; each call reads what is new. */
function measuredIn(path: string): () => Promise<RunHistory> {
  const tail: MetricsTail = metricsTail(path);
  let steps = stepPoints();
  let epochs: EpochResult[] = [];
  const restart = () => {
    steps = stepPoints();
    epochs = [];
  };
  const take = (lines: readonly MetricsLine[]) => {
    for (const { type, ...line } of lines) {
      if (type === "step") steps.add(line as StepPoint);
      else epochs.push(line as EpochResult);
    }
  };
  return async () => {
    await tail.read(take, restart);
    return { steps: steps.all(), epochs: [...epochs] };
  };
}

function pastRun(
  folder: string,
  told: Told | undefined,
  opening: Opening,
): Omit<PastRun, "history" | "hasReport"> {
  const startedAt = dateOf(told?.startedAt);
  const standing = standingOf(told);
  const end = dateOf(told?.finishedAt) ?? (standing === "running" ? new Date() : undefined);
  const error = (Object(told?.error) as Told).message;
  const device = typeof told?.device === "string" ? told.device : opening.device;
  return {
    folder,
    standing,
    ...(typeof error === "string" && { error }),
    ...(startedAt && { startedAt }),
    ...(startedAt && end && { seconds: (end.getTime() - startedAt.getTime()) / 1000 }),
    ...(typeof told?.resumeFrom === "string" && { resumedFrom: told.resumeFrom }),
    ...(device !== undefined && { device }),
    ...(opening.parameters !== undefined && { parameters: opening.parameters }),
  };
}

function standingOf(told: Told | undefined): Standing {
  switch (told?.status) {
    case "finished":
    case "stopped":
    case "failed":
      return told.status;
    case "running":
      return isGone(told) ? "lost" : "running";
    default:
      return "unknown";
  }
}

/** Whether the process that the run was in is no more; of another machine nobody knows. */
function isGone({ pid, host }: Told): boolean {
  if (typeof pid !== "number" || host !== hostname()) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

interface Opening {
  readonly device?: string;
  readonly parameters?: number;
}

/** Device and model are told at the beginning of the log. */
const openingBytes = 2 ** 18;

async function openingOf(path: string): Promise<Opening> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return {};
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(openingBytes), position: 0 });
    const entries = buffer
      .toString("utf8", 0, bytesRead)
      .split("\n")
      .map((line) => parsed(line) ?? {});
    const device = entries.find(({ msg }) => msg === "device")?.device;
    const parameters = entries.find(({ msg }) => msg === "model")?.parameters;
    return {
      ...(typeof device === "string" && { device }),
      ...(typeof parameters === "number" && { parameters }),
    };
  } finally {
    await file.close();
  }
}

async function jsonOf(path: string): Promise<Told | undefined> {
  return parsed(await readFile(path, "utf8").catch(() => ""));
}

function parsed(text: string): Told | undefined {
  try {
    return Object(JSON.parse(text)) as Told;
  } catch {
    return undefined;
  }
}

function dateOf(value: unknown): Date | undefined {
  const date = new Date(typeof value === "string" ? value : Number.NaN);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function isFile(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
