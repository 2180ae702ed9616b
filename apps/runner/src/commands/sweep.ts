/** `millrace sweep`: one spec with many values, each a run of its own, and which of them came out best. */
import { Command, InvalidArgumentError, Option } from "commander";
import { didYouMean, MillraceError } from "@millrace/core";
import { refuseGroup } from "../compose.js";
import { exitCodes } from "../failure.js";
import { listen } from "../interrupt.js";
import { shortest } from "../run/run-folder.js";
import type { Shell } from "../shell.js";
import { newSweep, type SweepRequest, takenUp } from "../sweep/beginning.js";
import { pageName } from "../sweep/page.js";
import { bestOf } from "../sweep/ranking.js";
import { runSweep } from "../sweep/run-sweep.js";
import { isDue } from "../sweep/sweeping.js";
import type { Sweep, Trial } from "../sweep/sweep-file.js";
import { endedText, tableLines, valuesText } from "../sweep/text.js";
import { version } from "../version.js";
import { plural } from "../view/format.js";
import { shellWord } from "../view/shell-word.js";
import { viewOf } from "../view/view.js";
import { join } from "node:path";
import { type Start, wholeNumber } from "./command.js";

const help = `
Values of --set:
  [a,b,c]                  each of a list; names need no quotes, and a list as one value stands in a list: [[3,3],[5,5]]
  linear(low,high,count)   even steps from low to high; without a count any number between, for --random
  log(low,high,count)      the same with equal ratios: learning rates, penalties
  int(low,high,step)       whole numbers, with or without a step
  anything else            one value for all trials

All trials' specs are checked before the first begins. Each runs in a process of its own, so that one that fails, or takes all
memory, ends alone: it is ranked last, with the reason. sweep.json holds how far the sweep is; Ctrl-C saves what runs, and --resume
goes on: trials that have ended are kept, others go on from their checkpoints, or begin anew.

With --stop-hopeless a trial ends when its best value is worse than the median of what trials that have ended had averaged at its age.
With --halving only the best third (or 1 of FACTOR) of those that have come to 1, 3, 9 … epochs goes on. One trial at a time, both
give the same result each time; with --parallel it depends on which trial is faster.

Shells take brackets for their own: quote the values.

  $ millrace sweep spec.json --set "trainer.with.optimizer.learningRate=log(1e-4,1e-1,4)" --set "loader.batchSize=[32,64]"
  $ millrace sweep spec.json --set "trainer.with.optimizer.learningRate=log(1e-4,1e-1)" --random 20 --seed 1 --parallel 2
  $ millrace sweep spec.json --set "seed=[1,2,3]" --by accuracy
  $ millrace sweep --resume sweeps/spec-20260101-120000               # go on
  $ millrace sweep --resume sweeps/spec-20260101-120000 --by accuracy # rank what there is otherwise`;

interface SweepOptions extends SweepRequest {
  readonly resume?: string;
  readonly retry?: boolean;
  readonly parallel: number;
  readonly json?: boolean;
}

export function sweep(start: Start): Command {
  return new Command("sweep")
    .description("train a spec with many values, and rank what comes out")
    .argument("[spec...]", "the spec; of several each is laid over those before it")
    .option(
      "-s, --set <path=values>",
      "values for one place of the spec; several times for several places",
      collected,
    )
    .option("--grid", "every combination of the values, which is the default")
    .option("--random <count>", "so many combinations, drawn at random, instead", wholeNumber)
    .option(
      "--seed <number>",
      "what --random draws by: the same seed gives the same trials (default: 0)",
      seed,
    )
    .option("--parallel <count>", "trials that run at once", wholeNumber, 1)
    .option("--by <metric>", "the metric that ranks them, of validation where there is one (default: loss)")
    .option("--stop-hopeless", "give up trials that are worse than the median of others at their age")
    .addOption(
      new Option(
        "--halving [factor]",
        "give up all but the best 1 of so many, at 1, factor, factor² … epochs",
      )
        .preset(3)
        .argParser(halvingFactor)
        .conflicts("stopHopeless"),
    )
    .option("-o, --out <folder>", "where the sweep goes, new or empty (default: sweeps/<name>-<date>-<time>)")
    .option("--resume <sweep>", "go on with a sweep: its folder")
    .option("--retry", "with --resume: run trials that failed again")
    .option("--no-tensorboard", "write no event files for TensorBoard")
    .option("--json", "print sweep.json as one line at the end, and everything else to stderr")
    .addHelpText("after", help)
    .action((specs: readonly string[], options: SweepOptions) =>
      start((shell) => sweepSpecs(specs, options, shell)),
    );
}

function collected(text: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), text];
}

function seed(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError("It must be a whole number from 0.");
}

function halvingFactor(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 2) return value;
  throw new InvalidArgumentError("It must be a whole number from 2.");
}

/** The exit code. @throws MillraceError for every fault that has a name. */
async function sweepSpecs(specs: readonly string[], options: SweepOptions, shell: Shell): Promise<number> {
  await refuseGroup("sweep", process.env);
  refuseMixed(specs, options);
  const terminal = options.json ? shell.err : shell.out;
  const { colors } = terminal;
  const view = viewOf(terminal);
  const interrupt = listen(() =>
    view.print("stopping: trials that run are saved; press Ctrl-C again to quit at once"),
  );
  try {
    view.busy("checking the spec of every trial …");
    const { resume, retry = false } = options;
    const { folder, sweep } =
      resume === undefined ? await newSweep(specs, options) : await takenUp(resume, retry);
    if (options.by !== undefined) sweep.by = options.by;
    const due = sweep.trials.filter(({ state }) => isDue(state)).length;
    const kept = sweep.trials.length - due;
    const what = `${plural(sweep.trials.length, "trial")}${kept > 0 ? `, ${kept} of them ended before` : ""}`;
    view.print(
      `${colors.bold("millrace")} ${version} · sweep of ${sweep.name} · ${what} · ${colors.cyan(shortest(folder))}`,
    );
    let warned = false;
    await runSweep(
      { folder, sweep, parallel: Math.min(options.parallel, Math.max(1, due)), signal: interrupt.signal },
      {
        ended(trial) {
          view.print(endedText(sweep, trial, colors));
          const unmeasured = warned ? undefined : unmeasuredText(sweep, trial);
          if (unmeasured !== undefined) view.print(`${colors.yellow("warning:")} ${unmeasured}`);
          warned ||= unmeasured !== undefined;
        },
        standing: (text) => view.busy(text),
      },
    );
    view.print("");
    for (const line of tableLines(sweep, terminal.columns(), colors)) view.print(line);
    for (const line of lastLines(folder, sweep)) view.print(line);
    if (options.json) shell.out.write(`${JSON.stringify({ folder, ...sweep })}\n`);
    if (sweep.status === "stopped") return interrupt.exitCode();
    return sweep.trials.some(({ state }) => state !== "failed" && state !== "killed")
      ? exitCodes.ok
      : exitCodes.fault;
  } finally {
    view.close();
    interrupt.close();
  }
}

function refuseMixed(
  specs: readonly string[],
  { resume, set, random, seed: drawn, out, retry, grid }: SweepOptions,
): void {
  const refuse = (what: string, hint: string) => {
    throw new MillraceError("OPTION_INVALID", what, { hint });
  };
  if (resume === undefined) {
    if (specs.length === 0)
      refuse(
        "a sweep needs a spec, was given none",
        "Give its path, or --resume FOLDER to go on with a sweep.",
      );
    if (retry === true)
      refuse("--retry goes with --resume", "Name the sweep whose failed trials are to run again.");
    if (grid === true && random !== undefined)
      refuse("--grid and --random exclude each other", "Leave one of them out.");
    if (drawn !== undefined && random === undefined)
      refuse(
        "--seed decides what --random draws, and a grid draws nothing",
        "Add --random N, or vary the run's own seed with --set seed=[1,2,3].",
      );
  } else if (specs.length > 0 || set !== undefined || random !== undefined || out !== undefined) {
    refuse(
      "--resume goes on with the sweep as it was begun: spec, --set, --random and --out are its own",
      "Give --resume FOLDER alone, with --parallel where that shall differ.",
    );
  }
}

/** Where there is nothing to rank by. */
function unmeasuredText({ by }: Sweep, { state, metrics }: Trial): string | undefined {
  if (state !== "finished" || metrics === undefined || by in metrics) return undefined;
  return `trials do not measure "${by}"${didYouMean(by, Object.keys(metrics))}; they have ${Object.keys(metrics).join(", ")}`;
}

function lastLines(folder: string, sweep: Sweep): string[] {
  const best = bestOf(sweep);
  const run = best?.trial.runs.at(-1);
  const found =
    best === undefined || run === undefined
      ? []
      : [`  best  ${shortest(join(folder, run))}: ${valuesText(sweep, best.trial)}`];
  const more = sweep.trials.some(({ state }) => isDue(state))
    ? [`go on with: millrace sweep --resume ${shellWord(shortest(folder))}`]
    : [];
  return ["", ...found, `  page  ${shortest(join(folder, pageName))}`, ...more];
}
