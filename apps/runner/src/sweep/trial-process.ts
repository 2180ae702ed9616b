/** One trial at work: `millrace run` or `resume` in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Metrics } from "@millrace/core/spec";
import type { Sweep, Trial } from "./sweep-file.js";

/** How a process ended that trained. */
export interface Trained {
  readonly type: "finished" | "stopped";
  readonly metrics: Metrics;
  readonly epochs: number;
  readonly seconds: number;
}

/** The same, or why it did not. */
export type TrialEnd = Trained | { readonly type: "failed" | "killed"; readonly reason: string };

export interface TrialProcess {
  readonly pid: number | undefined;
  readonly ended: Promise<TrialEnd>;
  /** Asks it to save and end, as Ctrl-C does; once. */
  stop(): void;
}

const bin = fileURLToPath(new URL("../bin.js", import.meta.url));
/** What is kept of what a process writes: the end. */
const mostText = 100_000;

/** The folder in which the trial goes on from its last checkpoint; undefined where it has none. */
export function checkpointed(folder: string, { runs }: Trial): string | undefined {
  const last = runs.findLast((run) => existsSync(join(folder, run, "checkpoints", "last.safetensors")));
  return last === undefined ? undefined : join(folder, last);
}

/** Starts the trial in `runDir`, which is new, from where `resumeFrom` stopped. */
export function startTrial(
  sweep: Sweep,
  trial: Trial,
  runDir: string,
  resumeFrom: string | undefined,
): TrialProcess {
  const words = [
    ...(resumeFrom === undefined ? ["run", ...sweep.specs] : ["resume", resumeFrom]),
    ...Object.entries(trial.values).flatMap(([path, value]) => ["--set", `${path}=${JSON.stringify(value)}`]),
    "--out",
    runDir,
    "--json",
    ...(sweep.tensorboard ? [] : ["--no-tensorboard"]),
  ];
  // In a group of its own, so that a terminal's Ctrl-C reaches it through the sweep, and once.
  const child = spawn(process.execPath, [bin, ...words], {
    detached: true,
    windowsHide: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const end = () => void child.kill("SIGTERM");
  process.on("exit", end);
  const ended = endOf(child).finally(() => process.off("exit", end));
  let isStopped = false;
  return {
    pid: child.pid,
    ended,
    stop() {
      if (!isStopped) child.kill("SIGINT");
      isStopped = true;
    },
  };
}

function endOf(child: ChildProcess): Promise<TrialEnd> {
  let [out, err] = ["", ""];
  child.stdout?.on("data", (chunk: Buffer) => (out = (out + chunk.toString()).slice(-mostText)));
  child.stderr?.on("data", (chunk: Buffer) => (err = (err + chunk.toString()).slice(-mostText)));
  return new Promise((resolve) => {
    child.once("error", (error) =>
      resolve({ type: "failed", reason: `it could not be started: ${error.message}` }),
    );
    child.once("close", (code, signal) => resolve(read(out, err, code, signal)));
  });
}

/** Stopped before there was anything to save. */
const nothingTrained: Trained = { type: "stopped", metrics: {}, epochs: 0, seconds: 0 };

interface Told {
  readonly error?: { readonly message?: string; readonly code?: string };
  readonly metrics?: Metrics;
  readonly epochs?: readonly unknown[];
  readonly seconds?: number;
  readonly stopped?: boolean;
}

function read(out: string, err: string, code: number | null, signal: NodeJS.Signals | null): TrialEnd {
  const told = jsonOf(out);
  if (told?.metrics !== undefined) {
    const { metrics, epochs = [], seconds = 0, stopped = false } = told;
    return { type: stopped ? "stopped" : "finished", metrics, epochs: epochs.length, seconds };
  }
  if (told?.error?.code === "ABORTED") return nothingTrained;
  if (told?.error?.message !== undefined) return { type: "failed", reason: told.error.message };
  if (signal !== null) return { type: "killed", reason: `its process was ended by ${signal}` };
  if (code === 130 || code === 143) return nothingTrained;
  const last = err.trimEnd().split("\n").at(-1) ?? "";
  return { type: "failed", reason: last === "" ? `its process ended with exit code ${code}` : last };
}

function jsonOf(out: string): Told | undefined {
  try {
    return JSON.parse(out.trimEnd().split("\n").at(-1) ?? "") as Told;
  } catch {
    return undefined;
  }
}
