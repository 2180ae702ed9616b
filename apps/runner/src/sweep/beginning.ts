/** The beginning of a sweep: its trials, all of whose specs are checked, and its folder; or one that is taken up again. */
import { resolve } from "node:path";
import { MillraceError } from "@millrace/core";
import { readSpec } from "@millrace/core/spec";
import { pino } from "pino";
import { withSpec } from "../compose.js";
import { makeDated, makeNamed, refuseUsed, specName } from "../run/directory.js";
import { shortest } from "../run/run-folder.js";
import { version } from "../version.js";
import { shellWord } from "../view/shell-word.js";
import { drawnOf, gridOf, overridesOf, parseDimension, type Values } from "./space.js";
import { digestOf, isAlive, readSweep, type StoppingRule, type Sweep } from "./sweep-file.js";

/** What a command line asks for. */
export interface SweepRequest {
  readonly set?: readonly string[];
  readonly grid?: boolean;
  readonly random?: number;
  readonly seed?: number;
  readonly by?: string;
  readonly stopHopeless?: boolean;
  readonly halving?: number;
  readonly out?: string;
  readonly tensorboard: boolean;
}

export interface Begun {
  readonly folder: string;
  readonly sweep: Sweep;
}

/** @throws MillraceError for values that are none, and SPEC_INVALID with the faults of all trials, before there is a folder. */
export async function newSweep(specs: readonly string[], request: SweepRequest): Promise<Begun> {
  const { set = [], random, seed = 0, by = "loss", out, tensorboard } = request;
  if (out !== undefined) await refuseUsed(out);
  const paths = specs.map((path) => resolve(path));
  const { value } = await readSpec(specs);
  const dimensions = set.map(parseDimension);
  const twice = dimensions.find(({ path }, i) => dimensions.findIndex((other) => other.path === path) < i);
  if (twice !== undefined)
    throw new MillraceError("OPTION_INVALID", `--set ${twice.path} is given twice`, {
      hint: "Give all its values in one list.",
    });
  const trials = random === undefined ? gridOf(dimensions) : drawnOf(dimensions, random, seed);
  await checkAll(specs, trials);
  const name = specName(specs[0]);
  const stopping = stoppingOf(request);
  const folder = await (out === undefined ? makeDated(name, new Date(), "sweeps") : makeNamed(out));
  const digits = Math.max(3, String(trials.length).length);
  const sweep: Sweep = {
    version: 1,
    status: "running",
    name,
    specs: paths,
    specDigest: digestOf(value),
    set,
    ...(random !== undefined && { random: { count: random, seed } }),
    by,
    ...(stopping && { stopping }),
    tensorboard,
    millrace: version,
    startedAt: new Date().toISOString(),
    trials: trials.map((values, i) => ({
      id: String(i + 1).padStart(digits, "0"),
      values,
      state: "waiting",
      runs: [],
    })),
  };
  return { folder: resolve(folder), sweep };
}

function stoppingOf({ stopHopeless, halving }: SweepRequest): StoppingRule | undefined {
  if (halving !== undefined) return { rule: "halving", factor: halving };
  return stopHopeless === true ? { rule: "median" } : undefined;
}

/** A sweep that was stopped, or whose process ended. @throws MillraceError where it still runs, or its spec is another one by now. */
export async function takenUp(path: string, retries: boolean): Promise<Begun> {
  const folder = resolve(path);
  const sweep = await readSweep(folder);
  if (sweep.pid !== process.pid && isAlive(sweep.pid))
    throw stillRuns(folder, `the sweep in ${shortest(folder)}`, sweep.pid);
  for (const trial of sweep.trials) {
    if (trial.state === "running" && isAlive(trial.pid))
      throw stillRuns(folder, `trial ${trial.id} of ${shortest(folder)}`, trial.pid);
    if (trial.state === "running") trial.state = "killed";
    if (retries && trial.state === "failed") trial.state = "waiting";
  }
  const { value } = await readSpec(sweep.specs.map(shortest));
  if (digestOf(value) !== sweep.specDigest) {
    throw new MillraceError(
      "STATE_MISMATCH",
      `the spec must be what it was when the sweep in ${shortest(folder)} began, but ${sweep.specs.map(shortest).join(", ")} has changed`,
      {
        hint: "Put it back, or begin a new sweep: trials of another spec cannot be compared.",
      },
    );
  }
  await checkAll(
    sweep.specs.map(shortest),
    sweep.trials.map(({ values }) => values),
  );
  return { folder, sweep };
}

function stillRuns(folder: string, what: string, pid: number | undefined): MillraceError {
  return new MillraceError("OUT_DIR", `${what} is still at work, in process ${pid}`, {
    hint: `Wait for it or end it, then go on with \`millrace sweep --resume ${shellWord(shortest(folder))}\`.`,
  });
}

/** So many faults are shown: those of many trials are mostly the same. */
const mostFaults = 20;

async function checkAll(specs: readonly string[], trials: readonly Values[]): Promise<void> {
  const faults = new Map<string, number>();
  const silent = pino({ level: "silent" });
  for (const values of trials) {
    try {
      await withSpec(await readSpec(specs, overridesOf(values)), silent, () => Promise.resolve());
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error;
      for (const fault of error.details.length > 0 ? error.details : [error.message])
        faults.set(fault, (faults.get(fault) ?? 0) + 1);
    }
  }
  if (faults.size === 0) return;
  const details = [...faults]
    .slice(0, mostFaults)
    .map(
      ([fault, count]) => `${fault}${trials.length > 1 ? ` (in ${count} of ${trials.length} trials)` : ""}`,
    );
  if (faults.size > mostFaults) details.push(`and ${faults.size - mostFaults} more`);
  const message = `the trials' specs have ${faults.size === 1 ? "1 fault" : `${faults.size} faults`}:`;
  throw new MillraceError("SPEC_INVALID", message, { details, hint: "Nothing was run." });
}
