/** One training run in its directory: what it reads is open, what it tells is kept. */
import { writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type Logger, MillraceError, messageOf } from "@millrace/core";
import type { FitResult, Line, Spec, TrainEvent } from "@millrace/core/spec";
import { failureRecord } from "../failure.js";
import { firstSeen } from "../report/first-seen.js";
import type { Report } from "../report/report.js";
import { type ReportFile, reportFile } from "../report/report-file.js";
import { resultSections } from "../report/result.js";
import { skippedOf } from "../report/skipped.js";
import { dataText } from "../view/narrate.js";
import { type BadSamples, badOfEpoch } from "../run/bad-samples.js";
import { keepLoaderState } from "../run/loader-state.js";
import { eventLogger } from "../run/log.js";
import { metricsFile, metricsName } from "../run/metrics-file.js";
import { gatherTold, type Ranks } from "../run/ranks.js";
import { openRecorder, type Recorder } from "../run/recorder.js";
import { factsName, type RunFacts } from "../run/run-folder.js";
import type { RunRecordFile } from "../run/run-record.js";
import { tensorboard } from "../run/tensorboard/scalars.js";
import { writeFault, writingTo } from "../run/write-fault.js";

export interface TrainOptions {
  readonly line: Line;
  /** The spec as the run keeps it. */
  readonly kept: Spec;
  readonly name: string;
  /** The spec's file: its relative paths start beside it. */
  readonly specPath: string;
  /** An existing directory that is this run's own. */
  readonly runDir: string;
  /** Its run.json, which says "running". */
  readonly record: RunRecordFile;
  /** The folder of a run, or one of its checkpoints, that this run goes on from. */
  readonly resumeFrom?: string;
  /** Told of the samples that are passed over. */
  readonly bad: BadSamples;
  /** Whether event files are written. */
  readonly tensorboard: boolean;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** The processes that train together; this is rank 0 of them. */
  readonly ranks: Ranks;
  report(event: TrainEvent): void;
}

/** What became of the run: the last line of `--json`, and the end of run.json. */
export interface RunOutcome {
  readonly runDir: string;
  readonly device: string;
  readonly epochs: FitResult["epochs"];
  readonly metrics: FitResult["metrics"];
  readonly model: string;
  /** The same relative to `runDir`, which may be moved. */
  readonly modelPath: string;
  /** Where training can go on, relative to `runDir`. */
  readonly checkpoint?: string;
  readonly report: string;
  readonly stopped: boolean;
  readonly seconds: number;
}

/** Trains, and writes the end of run.json, metrics.jsonl and report.html as it goes; a run that fails keeps them too. */
export async function train(options: TrainOptions): Promise<RunOutcome> {
  const { line, name, runDir, record, resumeFrom, logger, signal, bad, ranks } = options;
  const { startedAt } = record;
  let recorder: Recorder | undefined;
  let report: ReportFile | undefined;
  const log = eventLogger(logger);
  // Of several processes each knows its own, until the end.
  const badOf = (epoch: number) => (ranks.group.size === 1 ? badOfEpoch(line, epoch) : undefined);
  try {
    const points = openRecorder([
      metricsFile(join(runDir, metricsName)),
      ...(options.tensorboard ? [tensorboard(join(runDir, "tensorboard"))] : []),
    ]);
    recorder = points;
    const { history } = points;
    const first = firstSeen(line, history);
    const page = reportFile(
      runDir,
      {
        name,
        startedAt,
        spec: options.kept,
        data: dataText(line),
        history,
        bad,
        line: lineOf(line, options.specPath),
      },
      () => first.section(),
      logger,
    );
    report = page;
    await keepLoaderState(runDir, line.loaders.train);
    const result = await line.trainer.fit({
      train: first.train,
      validation: line.loaders.validation,
      model: line.model,
      facts: line.facts,
      inverses: line.inverses,
      seed: line.spec.seed,
      runDir: resolve(runDir),
      resumeFrom: resumeFrom === undefined ? undefined : resolve(resumeFrom),
      group: ranks.group,
      signal,
      report(told) {
        const event = told.type === "epoch" ? { ...told, bad: badOf(told.epoch) } : told;
        points.record(event);
        log(event);
        if (event.type === "model") keepFacts(line, runDir, event);
        options.report(event);
        if (event.type === "epoch") page.refresh();
      },
    });
    await gatherTold(ranks, bad, logger);
    const status = result.stopped ? "stopped" : "finished";
    await page.finish(status, await resultSections(line, result));
    const outcome = outcomeOf(result, runDir, page, startedAt);
    await record.note(status, outcome);
    return outcome;
  } catch (error) {
    const status = isAbort(error) ? "stopped" : "failed";
    const fault = writeFault(runDir, error);
    await report?.finish(status).catch((unwritten: unknown) => {
      logger.warn({}, `the report could not be written: ${messageOf(unwritten)}`);
    });
    await record.note(status, { error: failureRecord(fault) });
    throw fault;
  } finally {
    recorder?.close();
  }
}

function lineOf(line: Line, specPath: string): Report["line"] {
  const { exclude } = line.spec;
  return {
    metrics: () => line.loaders.train.metrics(),
    skipped: skippedOf(line, exclude && resolve(dirname(specPath), exclude)),
  };
}

/** Before the first epoch, so that checkpoints of a run that is killed can be used too. */
function keepFacts(
  { facts, sourceFacts }: Line,
  runDir: string,
  { inputs }: Extract<TrainEvent, { type: "model" }>,
): void {
  if (inputs === undefined) return;
  const isSame = isDeepStrictEqual(facts, sourceFacts);
  const known: RunFacts = { ...facts, inputs, ...(!isSame && { source: sourceFacts }) };
  const path = join(runDir, factsName);
  writingTo(path, () => writeFileSync(path, `${JSON.stringify(known, null, 2)}\n`));
}

/** Whether the run ended because it was asked to. */
export function isAbort(error: unknown): boolean {
  return error instanceof MillraceError && error.code === "ABORTED";
}

function outcomeOf(result: FitResult, runDir: string, report: ReportFile, startedAt: Date): RunOutcome {
  const { device, epochs, metrics, modelPath, checkpoint, stopped } = result;
  return {
    runDir: resolve(runDir),
    device,
    epochs,
    metrics,
    model: resolve(runDir, modelPath),
    modelPath,
    checkpoint,
    report: resolve(report.path),
    stopped,
    seconds: (Date.now() - startedAt.getTime()) / 1000,
  };
}
