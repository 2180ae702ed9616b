/** What run and resume share: a spec composed, its line opened, trained in a directory of its own, and Ctrl-C. */
import { join, relative, resolve } from "node:path";
import { MillraceError } from "@millrace/core";
import {
  type FitEvent,
  type Line,
  type Override,
  type Spec,
  type SpecText,
  writeFitted,
} from "@millrace/core/spec";
import { withLine } from "../compose.js";
import { exitCodes, failureRecord } from "../failure.js";
import { makeDated, makeNamed, refuseUsed, writeWhole } from "../run/directory.js";
import { type Interrupt, listen } from "../interrupt.js";
import { type BadSamples, badSamples } from "../run/bad-samples.js";
import { openLog, type RunLog } from "../run/log.js";
import { fittedName, shortest, toFollow } from "../run/run-folder.js";
import { type RunRecordFile, runRecord } from "../run/run-record.js";
import { isAbort, type RunOutcome, train } from "./train.js";
import { version } from "../version.js";
import { courseOf, endsOf } from "../view/course.js";
import { duration, metricsText } from "../view/format.js";
import { dataText, narrator, paceText } from "../view/narrate.js";
import { fittingTeller } from "../view/fitting.js";
import { outDir } from "../run/write-fault.js";
import type { Terminal } from "../view/terminal.js";
import { silentView, type View, viewOf } from "../view/view.js";
import type { Shell } from "../shell.js";

export interface LaunchOptions {
  /** Where the run goes; a new or empty directory. */
  readonly out?: string;
  readonly set?: readonly Override[];
  /** The folder of a run, or one of its checkpoints, that this run goes on from. */
  readonly resume?: string;
  /** One JSON line on stdout at the end, all else on stderr. */
  readonly json?: boolean;
  /** Log lines instead of lines for a person. */
  readonly logJson?: boolean;
  /** Event files for TensorBoard; written unless false. */
  readonly tensorboard?: boolean;
}

/** A spec that is still to be read. */
export interface Origin {
  readonly name: string;
  /** Relative paths in the spec start beside it. */
  readonly path: string;
  /** Where the spec is in several files laid over each other: all of them. */
  readonly files?: readonly string[];
  text(): Promise<SpecText>;
}

interface Session {
  readonly origin: Origin;
  readonly options: LaunchOptions;
  readonly terminal: Terminal;
  readonly view: View;
  readonly log: RunLog;
  readonly interrupt: Interrupt;
  readonly bad: BadSamples;
  /** Whether a first Ctrl-C has nothing to save, something, or nothing any more. */
  phase: "opening" | "training" | "ending";
}

/** The exit code. @throws MillraceError for every fault that has a name. */
export async function launch(origin: Origin, options: LaunchOptions, shell: Shell): Promise<number> {
  const session = openSession(origin, options, shell);
  const { view, log, interrupt } = session;
  try {
    if (options.out !== undefined) await refuseUsed(options.out);
    view.busy("reading the spec …");
    const text = await origin.text();
    view.busy("opening the data …");
    const followed = options.resume === undefined ? undefined : await toFollow(options.resume);
    const tell = fittingTeller(view);
    const report = (event: FitEvent): void => {
      tell(event);
      if (event.type === "fitted") log.logger.info(event, "fitted");
    };
    const more = { ...followed, report, onBadSample: session.bad.add };
    return await withLine(
      text,
      log.logger,
      (line, { kept }) => trainIn({ line, kept }, session, shell),
      more,
    );
  } finally {
    view.close();
    interrupt.close();
    log.close();
  }
}

function openSession(origin: Origin, options: LaunchOptions, shell: Shell): Session {
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
  const session: Session = {
    origin,
    options,
    terminal,
    view,
    log,
    interrupt,
    bad: badSamples(),
    phase: "opening",
  };
  return session;
}

/** A line, and the spec that its run keeps. */
interface Opened {
  readonly line: Line;
  readonly kept: Spec;
}

async function trainIn(opened: Opened, session: Session, shell: Shell): Promise<number> {
  const { line } = opened;
  const { origin, options, terminal, view, log, interrupt } = session;
  const { name, path: specPath } = origin;
  // From here on there is a folder, in which a Ctrl-C is noted.
  session.phase = "training";
  const { runDir, record } = await openRunDir(opened, session);
  try {
    const validates = line.loaders.validation !== undefined;
    const report = narrator(view, terminal.colors, {
      course: courseOf(endsOf(line.spec)),
      validates,
    });
    const { signal } = interrupt;
    const resumeFrom = options.resume;
    const outcome = await train({
      ...opened,
      name,
      specPath,
      runDir,
      record,
      resumeFrom,
      bad: session.bad,
      tensorboard: options.tensorboard !== false,
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
  opened: Opened,
  session: Session,
): Promise<{ readonly runDir: string; readonly record: RunRecordFile }> {
  const { origin, options, terminal, view } = session;
  const { out, resume: resumeFrom } = options;
  const { colors } = terminal;
  const runDir = await (out === undefined ? makeDated(origin.name, new Date()) : makeNamed(out));
  const spec = resolve(origin.path);
  const specFromRun = relative(resolve(runDir), spec);
  const record = await runRecord(runDir, {
    spec,
    specFromRun,
    ...(origin.files && { specs: origin.files.map((file) => resolve(file)) }),
    millrace: version,
    node: process.version,
    resumeFrom,
  });
  await fillRunDir(runDir, opened, session).catch(async (error: unknown) => {
    await record.note("failed", { error: failureRecord(error) });
    throw error;
  });
  view.print(`${colors.bold("millrace")} ${version} · ${origin.name} · ${colors.cyan(shortest(runDir))}`);
  view.print(dataText(opened.line));
  view.busy("choosing the device …");
  return { runDir, record };
}

/** What is known before training: the spec, what was fitted, the log. */
async function fillRunDir(
  runDir: string,
  { line, kept }: Opened,
  { options, log, bad }: Session,
): Promise<void> {
  await writeWhole(join(runDir, "spec.json"), `${JSON.stringify(kept, null, 2)}\n`);
  await writeFitted(join(runDir, fittedName), line.fitted).catch((error: unknown) => {
    throw error instanceof MillraceError ? outDir(error) : error;
  });
  log.writeTo(join(runDir, "log.jsonl"));
  await bad.writeTo(runDir, line.spec, options.resume);
}

function printJson(shell: Shell, value: object): void {
  shell.out.write(`${JSON.stringify(value)}\n`);
}

function outcomeLines(outcome: RunOutcome, { colors }: Terminal): string[] {
  const { device, epochs, metrics, stopped, seconds, report, model, runDir, checkpoint } = outcome;
  if (stopped) {
    const kept = `the model as it was, its metrics and a report are in ${shortest(runDir)}`;
    const advice =
      checkpoint === undefined ? [] : [`go on with: millrace resume ${quoted(shortest(runDir))}`];
    return [`stopped in epoch ${epochs.length + 1}; ${kept}`, ...advice];
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

/** A path as a shell takes it for one word. */
function quoted(path: string): string {
  return /^[\w./:\\-]+$/.test(path) ? path : JSON.stringify(path);
}
