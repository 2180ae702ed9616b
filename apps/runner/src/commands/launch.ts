/** What run and resume share: a spec composed, its line opened, trained in a directory of its own, and Ctrl-C. */
import { join, relative, resolve } from "node:path";
import { broadcastValue, MillraceError } from "@millrace/core";
import { type FitEvent, type Line, type Spec, type SpecText, writeFitted } from "@millrace/core/spec";
import { withLine } from "../compose.js";
import { exitCodes, failureRecord } from "../failure.js";
import { agreeOnStart } from "../run/agreement.js";
import { makeDated, makeNamed, refuseUsed, writeWhole } from "../run/directory.js";
import { openLog } from "../run/log.js";
import { fittedName, shortest, toFollow } from "../run/run-folder.js";
import { beginning, endTogether, groupLines, openRanks } from "../run/ranks.js";
import { type RunRecordFile, runRecord } from "../run/run-record.js";
import { isAbort, type RunOutcome, train } from "./train.js";
import {
  badTeller,
  type LaunchOptions,
  openSession,
  type Origin,
  printJson,
  type Session,
} from "./launch-session.js";
import { trainAlong } from "./train-along.js";
import { version } from "../version.js";
import { courseOf, endsOf } from "../view/course.js";
import { duration, metricsText } from "../view/format.js";
import { dataText, narrator, paceText } from "../view/narrate.js";
import { fittingTeller } from "../view/fitting.js";
import { shellWord } from "../view/shell-word.js";
import { outDir } from "../run/write-fault.js";
import type { Terminal } from "../view/terminal.js";
import type { Shell } from "../shell.js";

/** The exit code. @throws MillraceError for every fault that has a name. */
export async function launch(origin: Origin, options: LaunchOptions, shell: Shell): Promise<number> {
  const early = openLog({ verbose: shell.verbose, onWarning: (text) => shell.err.write(`${text}\n`) });
  // Once: it may be a pipe.
  let reading: Promise<SpecText> | undefined;
  const read = () => (reading ??= origin.text());
  const ranks = await openRanks(early.logger, process.env, read);
  const session = openSession(origin, options, shell, ranks);
  const { view, log, interrupt } = session;
  const begun = beginning(ranks);
  try {
    for (const text of ranks.isFirst ? groupLines(ranks) : []) view.print(text);
    if (options.out !== undefined && ranks.isFirst) await refuseUsed(options.out);
    view.busy("reading the spec …");
    const text = await read();
    await begun.agree();
    await agreeOnStart(ranks.group, text, options.resume);
    view.busy("opening the data …");
    const followed = options.resume === undefined ? undefined : await toFollow(options.resume);
    const tell = fittingTeller(view);
    const report = (event: FitEvent): void => {
      tell(event);
      if (event.type === "fitted") log.logger.info(event, "fitted");
    };
    const { group } = ranks;
    const onBadSample = badTeller(session);
    const more = { ...followed, report, onBadSample, group, onChecked: () => begun.agree("last") };
    const code = await withLine(
      text,
      log.logger,
      (line, { kept }) => (ranks.isFirst ? trainIn({ line, kept }, session, shell) : alongIn(line, session)),
      more,
    );
    await group.close();
    return code;
  } catch (error) {
    const met = await begun.disagree(error);
    await endTogether(ranks, met, shell);
    throw met;
  } finally {
    view.close();
    interrupt.close();
    log.close();
  }
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
  const { resume: resumeFrom } = options;
  await checkResume(line, resumeFrom);
  // From here on there is a folder, in which a Ctrl-C is noted.
  session.phase = "training";
  const { runDir, record } = await openRunDir(opened, session);
  await broadcastValue(session.ranks.group, resolve(runDir));
  try {
    const validates = line.loaders.validation !== undefined;
    const report = narrator(view, terminal.colors, {
      course: courseOf(endsOf(line.spec)),
      validates,
    });
    const { signal } = interrupt;
    const outcome = await train({
      ...opened,
      name,
      specPath,
      runDir,
      record,
      resumeFrom,
      bad: session.bad,
      ranks: session.ranks,
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

/** Before the new run has a folder. */
async function checkResume({ trainer, spec }: Line, resumeFrom: string | undefined): Promise<void> {
  if (resumeFrom !== undefined)
    await trainer.checkResume?.({ resumeFrom: resolve(resumeFrom), seed: spec.seed });
}

/** A rank other than 0: the exit code. */
async function alongIn(line: Line, session: Session): Promise<number> {
  const { ranks, options, bad, log, interrupt } = session;
  session.phase = "training";
  const { signal } = interrupt;
  const { stopped } = await trainAlong({
    line,
    ranks,
    resumeFrom: options.resume,
    bad,
    logger: log.logger,
    signal,
  });
  return stopped ? interrupt.exitCode() : exitCodes.ok;
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
    ...(session.ranks.group.size > 1 && { group: session.ranks.group.description }),
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

function outcomeLines(outcome: RunOutcome, { colors }: Terminal): string[] {
  const { device, epochs, metrics, stopped, seconds, report, model, runDir, checkpoint } = outcome;
  if (stopped) {
    const kept = `the model as it was, its metrics and a report are in ${shortest(runDir)}`;
    const advice =
      checkpoint === undefined ? [] : [`go on with: millrace resume ${shellWord(shortest(runDir))}`];
    return [`stopped in epoch ${epochs.length + 1}; ${kept}`, ...advice];
  }
  const validates = epochs.at(-1)?.validation !== undefined;
  const isMeasured = Object.keys(metrics).length > 0;
  const result = isMeasured
    ? `${validates ? "validation" : "training"} ${metricsText(metrics)}`
    : "no step was made, nothing is measured";
  return [
    "",
    `${colors.green("done")} in ${duration(seconds)}: ${colors.bold(result)}`,
    colors.dim(paceText(device, epochs)),
    "",
    `  report  ${colors.cyan(shortest(report))}`,
    `  model   ${colors.cyan(shortest(model))}`,
  ];
}
