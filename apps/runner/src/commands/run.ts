/** `millrace run`: trains what a spec says, in a directory of its own. */
import { join, relative, resolve } from "node:path";
import { type Line, MillraceError, type Override } from "@millrace/core";
import { compose } from "../compose.js";
import { exitCodes, failureRecord } from "../failure.js";
import { makeDated, makeNamed, refuseUsed, specName, writeFirst } from "../run/directory.js";
import { type Interrupt, listen } from "../run/interrupt.js";
import { openLog, type RunLog } from "../run/log.js";
import { isAbort, type RunOutcome, train } from "../run/train.js";
import { version } from "../version.js";
import { duration, metricsText } from "../view/format.js";
import { dataText, narrator, paceText } from "../view/narrate.js";
import type { Terminal } from "../view/terminal.js";
import { silentView, type View, viewOf } from "../view/view.js";
import type { Shell } from "./shell.js";

export interface RunOptions {
  /** Where the run goes; a new or empty directory. */
  readonly out?: string;
  readonly set?: readonly Override[];
  /** The folder of a run, or one of its checkpoints, that this run goes on from. */
  readonly resume?: string;
  /** One JSON line on stdout at the end, all else on stderr. */
  readonly json?: boolean;
  /** Log lines instead of lines for a person. */
  readonly logJson?: boolean;
}

interface Session {
  readonly specPath: string;
  readonly options: RunOptions;
  readonly terminal: Terminal;
  readonly view: View;
  readonly log: RunLog;
  readonly interrupt: Interrupt;
  /** Whether a first Ctrl-C has nothing to save, something, or nothing any more. */
  phase: "opening" | "training" | "ending";
}

/** The exit code. @throws MillraceError for every fault that has a name. */
export async function run(specPath: string, options: RunOptions, shell: Shell): Promise<number> {
  const session = openSession(specPath, options, shell);
  const { view, log, interrupt } = session;
  try {
    if (options.out !== undefined) await refuseUsed(options.out);
    view.busy("reading the spec …");
    const composition = await compose(specPath, options.set ?? [], log.logger);
    try {
      view.busy("opening the data …");
      const line = await composition.open();
      try {
        return await trainIn(line, session, shell);
      } finally {
        await line.close();
      }
    } finally {
      await composition.close();
    }
  } finally {
    view.close();
    interrupt.close();
    log.close();
  }
}

function openSession(specPath: string, options: RunOptions, shell: Shell): Session {
  const terminal = options.json ? shell.err : shell.out;
  const { colors } = terminal;
  const view = options.logJson ? silentView : viewOf(terminal);
  const log = openLog({
    verbose: shell.verbose,
    onLine: options.logJson ? (line) => terminal.write(line) : undefined,
    onWarning: (message) => view.print(`${colors.yellow("warning:")} ${message}`),
  });
  const say = (text: string) => (options.logJson ? log.logger.info({}, text) : view.print(text));
  const interrupt = listen((exitCode) => {
    if (session.phase === "training") {
      say("stopping after this step, then saving; press Ctrl-C again to quit at once");
    }
    if (session.phase !== "opening") return;
    const error = new MillraceError("ABORTED", "stopped before training began; nothing was written");
    say(error.message);
    if (options.json) printJson(shell, { error: failureRecord(error) });
    view.close();
    process.exit(exitCode);
  });
  const session: Session = { specPath, options, terminal, view, log, interrupt, phase: "opening" };
  return session;
}

async function trainIn(line: Line, session: Session, shell: Shell): Promise<number> {
  const { specPath, options, terminal, view, log, interrupt } = session;
  const name = specName(specPath);
  const runDir = await openRunDir(line, name, session);
  session.phase = "training";
  try {
    const validates = line.loaders.validation !== undefined;
    const report = narrator(view, terminal.colors, { epochs: epochsOf(line), validates });
    const { signal } = interrupt;
    const resumeFrom = options.resume;
    const outcome = await train({
      line,
      name,
      specPath,
      runDir,
      resumeFrom,
      logger: log.logger,
      signal,
      report,
    });
    session.phase = "ending";
    for (const text of outcomeLines(outcome, terminal)) view.print(text);
    if (options.json) printJson(shell, outcome);
    return outcome.stopped ? interrupt.exitCode() : exitCodes.ok;
  } catch (error) {
    const stopped = isAbort(error) && interrupt.signal.aborted;
    const kept = `what there is so far is in ${shortest(runDir)}`;
    view.print(stopped ? `stopped; ${kept}` : kept);
    if (!stopped) throw error;
    if (options.json) printJson(shell, { error: failureRecord(error) });
    return interrupt.exitCode();
  }
}

/** Makes the run's directory with its spec and log, and says so. */
async function openRunDir(
  line: Line,
  name: string,
  { options, terminal, view, log }: Session,
): Promise<string> {
  const { colors } = terminal;
  const runDir = await (options.out === undefined ? makeDated(name, new Date()) : makeNamed(options.out));
  await writeFirst(join(runDir, "spec.json"), `${JSON.stringify(line.spec, null, 2)}\n`);
  log.writeTo(join(runDir, "log.jsonl"));
  view.print(`${colors.bold("millrace")} ${version} · ${name} · ${colors.cyan(shortest(runDir))}`);
  view.print(dataText(line));
  view.busy("choosing the device …");
  return runDir;
}

function printJson(shell: Shell, value: object): void {
  shell.out.write(`${JSON.stringify(value)}\n`);
}

/** How many epochs there will be, where the trainer's options say so under the usual name. */
function epochsOf({ spec }: Line): number | undefined {
  const { epochs } = spec.trainer.with as { readonly epochs?: unknown };
  return typeof epochs === "number" ? epochs : undefined;
}

function outcomeLines(outcome: RunOutcome, { colors }: Terminal): string[] {
  const { device, epochs, metrics, stopped, seconds, report, model, runDir } = outcome;
  if (stopped) {
    const kept = `the model as it was, its metrics and a report are in ${shortest(runDir)}`;
    return [`stopped in epoch ${epochs.length + 1}; ${kept}`];
  }
  const validates = epochs.at(-1)?.validation !== undefined;
  const result = `${validates ? "validation" : "training"} ${metricsText(metrics)}`;
  return [
    "",
    `${colors.green("done")} in ${duration(seconds)}: ${colors.bold(result)}`,
    colors.dim(paceText(device, epochs)),
    "",
    `  report  ${colors.cyan(shortest(report))}`,
    `  model   ${colors.cyan(shortest(model))}`,
  ];
}

/** A path as a person would type it from here. */
function shortest(path: string): string {
  const full = resolve(path);
  const near = relative(process.cwd(), full);
  return near.startsWith("..") || near === "" ? full : near;
}
