/** `millrace replay`: the very batch that a run had, or its worst samples, made again and shown. */
import { Command, Option } from "commander";
import { join } from "node:path";
import { MillraceError } from "@millrace/core";
import { type DataLoader, type SplitName, splitNames } from "@millrace/core/dataloader";
import { type Line, noSplit, type Override, sampleFault } from "@millrace/core/spec";
import { wholeFrom, setOption, type Start, wholeNumber } from "./command.js";
import { targetOf } from "./preview.js";
import { withLine } from "../compose.js";
import { exitCodes } from "../failure.js";
import { keep, type Looked, type LookedBatch } from "../preview/looked.js";
import { show } from "../preview/show.js";
import { type Worst, worstBatch, worstLines, worstOf } from "../preview/worst.js";
import { requireSameBatches } from "../run/loader-state.js";
import { openLog } from "../run/log.js";
import { findRun, known, type RunFolder, shortest } from "../run/run-folder.js";
import { count } from "../view/format.js";
import type { Shell } from "../shell.js";

const help = `
Epochs and steps are counted from 0, as in metrics.jsonl and in what errors say. The batch is made without those before it,
bit for bit as training had it, augmentations included, whatever the number of workers was; only a stream has to be read up
to there. What transforms learned is the run's own; data that is gone, or has changed, is named.

  $ millrace replay runs/digits-20260101-120000 --epoch 3 --step 1207
  $ millrace replay runs/digits-20260101-120000 --epoch 0 --step 4 --split validation
  $ millrace replay runs/digits-20260101-120000 --worst 16    # of the last \`millrace evaluate\`
  $ millrace replay runs/digits-20260101-120000 --epoch 3 --step 1207 --set source.with.root=/new/place --json`;

export function replay(start: Start): Command {
  return new Command("replay")
    .description("make a batch of a run again, augmentations included, and show it as preview does")
    .argument("<run>", "the folder of the run")
    .option("--epoch <n>", "the epoch, from 0", fromZero)
    .option("--step <n>", "the batch in it, from 0", fromZero)
    .addOption(new Option("--split <name>", "whose batch; validation for --worst").choices(splitNames))
    .option(
      "--worst <n>",
      "instead of a batch: the samples with the highest loss, as evaluate found them",
      wholeNumber,
    )
    .addOption(setOption())
    .option("-o, --out <folder>", "where pictures go (default: replay/ in the run's folder)")
    .option("--json", "print what was seen as one JSON line, and everything else to stderr")
    .addHelpText("after", help)
    .action((run: string, options: ReplayOptions) => start((shell) => replayRun(run, options, shell)));
}

const fromZero = wholeFrom(0);

interface ReplayOptions {
  readonly epoch?: number;
  readonly step?: number;
  readonly split?: SplitName;
  readonly worst?: number;
  readonly set?: readonly Override[];
  readonly out?: string;
  readonly json?: boolean;
}

/** What is made again. */
interface Place {
  readonly split: SplitName;
  readonly epoch: number;
  readonly step: number;
}

/** The exit code. @throws MillraceError for every fault that has a name. */
async function replayRun(path: string, options: ReplayOptions, shell: Shell): Promise<number> {
  const { split = options.worst === undefined ? "train" : "validation" } = options;
  const asked = askedOf(options, split);
  const run = await findRun(path);
  const worst = options.worst === undefined ? undefined : await worstOf(run.folder, split, options.worst);
  const terminal = options.json ? shell.err : shell.out;
  const warn = (message: string) => shell.err.write(`${shell.err.colors.yellow("warning:")} ${message}\n`);
  const { logger } = openLog({ verbose: shell.verbose, onWarning: warn });
  const facts = await run.facts().catch((error: unknown) => {
    // A run that ended in its first batch has none; what its sources say by themselves is all there is.
    if (error instanceof MillraceError && error.code === "FILE_NOT_FOUND") return undefined;
    throw error;
  });
  const followed = { ...(facts && { facts: known(facts) }), fitted: await run.fitted() };
  const showIn = (line: Line) => showAgain(line, { run, asked, worst, split, options, shell, warn });
  terminal.write(`${terminal.colors.bold(shortest(run.folder))}\n`);
  return withLine(await run.spec(options.set ?? []), logger, showIn, followed);
}

interface Showing {
  readonly run: RunFolder;
  readonly asked: Place | undefined;
  readonly worst: readonly Worst[] | undefined;
  readonly split: SplitName;
  readonly options: ReplayOptions;
  readonly shell: Shell;
  readonly warn: (message: string) => void;
}

async function showAgain(line: Line, showing: Showing): Promise<number> {
  const { run, asked, worst = [], split, options, shell, warn } = showing;
  const { out = join(run.folder, "replay"), json } = options;
  const terminal = json ? shell.err : shell.out;
  const loader = line.loaders[split];
  if (loader === undefined) throw noSplit(split, Object.keys(line.loaders));
  await requireSameBatches(run.folder, line.loaders.train);
  const { facts, inverses, spec } = line;
  const batch =
    asked === undefined ? await worstBatch(loader, worst) : await madeAgain(line, loader, asked, showing);
  const looked: Looked = { split, loader, batches: [batch], facts, inverses, target: targetOf(spec) };
  if (asked !== undefined) {
    const place = `batch ${count(asked.step + 1)} of epoch ${count(asked.epoch + 1)}`;
    const shared = run.record.group === undefined ? "" : `; its processes shared it (${run.record.group})`;
    terminal.write(`  ${place} of the ${split} split, counted from 1${shared}\n`);
  }
  const record = await show(looked, { terminal, out, augmentations: 0, balance: false, warn });
  if (worst.length > 0) terminal.write(`${worstLines(worst, terminal).join("\n")}\n`);
  const told = { run: run.folder, ...record, ...(worst.length > 0 && { worst }) };
  if (json) shell.out.write(`${JSON.stringify(told)}\n`);
  return exitCodes.ok;
}

/** @throws MillraceError OPTION_INVALID where it is not clear which batch is meant. */
function askedOf({ epoch, step, worst }: ReplayOptions, split: SplitName): Place | undefined {
  if (worst !== undefined && epoch === undefined && step === undefined) return undefined;
  if (worst === undefined && epoch !== undefined && step !== undefined) return { split, epoch, step };
  throw new MillraceError(
    "OPTION_INVALID",
    worst === undefined
      ? `replay needs --epoch and --step, was given ${epoch === undefined ? (step === undefined ? "neither" : "only --step") : "only --epoch"}`
      : "--worst stands instead of --epoch and --step, but they were given together",
    {
      hint: "Name a batch, such as --epoch 3 --step 1207, or the samples with the highest loss: --worst 16.",
    },
  );
}

async function madeAgain(
  line: Line,
  loader: DataLoader,
  asked: Place,
  { run: { record }, warn }: Showing,
): Promise<LookedBatch> {
  const { epoch, step } = trainedOn(line, asked);
  if (line.samples[asked.split] !== undefined) {
    const batch = await loader.batchAt(epoch, step).catch((error: unknown) => {
      throw placed(error, line);
    });
    return keep(batch, loader);
  }
  if (record.group !== undefined) {
    throw new MillraceError(
      "OPTION_INVALID",
      `a stream's batches belong to one process each, and this run had several (${record.group}): which is meant, nobody can say`,
      { hint: "Replay a run of one process, or of a source with samples by index." },
    );
  }
  if (step > 0) warn(`a stream has no batches by number: ${count(step)} are read on the way to this one`);
  // The first batch of all decides the types of what nobody declares.
  const read = (at: number, number: number) =>
    batchOfStream(loader, at, number).catch((error: unknown) => {
      throw placed(error, line);
    });
  if (epoch > 0) await read(0, 0);
  const batch = await read(epoch, step);
  if (batch !== undefined) return batch;
  throw new MillraceError(
    "OPTION_INVALID",
    `epoch ${epoch} of this stream has no batch ${step}, counted from 0`,
    {
      hint: "Ask for an earlier --step.",
    },
  );
}

async function batchOfStream(
  loader: DataLoader,
  epoch: number,
  step: number,
): Promise<LookedBatch | undefined> {
  for await (const batch of loader.batches(epoch)) {
    if (batch.step === step) return keep(batch, loader);
    batch.release();
  }
  return undefined;
}

/** A step that the epoch does not have is the command line's fault; a sample's lies at its source, or its transform. */
function placed(error: unknown, { spec }: Line): unknown {
  if (!(error instanceof MillraceError) || error.code !== "LOADER_OPTION") return sampleFault(error, spec);
  return new MillraceError("OPTION_INVALID", error.message, {
    cause: error,
    hint: "Ask for an earlier --step.",
  });
}

/** Where the trainer overfits some batches, every epoch has those of the first. */
function trainedOn({ spec }: Line, { split, epoch, step }: Place): Omit<Place, "split"> {
  const { overfitBatches } = spec.trainer.with as { readonly overfitBatches?: unknown };
  if (split !== "train" || typeof overfitBatches !== "number") return { epoch, step };
  if (step < overfitBatches) return { epoch: 0, step };
  throw new MillraceError(
    "OPTION_INVALID",
    `this run trained on ${overfitBatches} batches again and again, counted from 0; there is no ${step}`,
    { hint: "Ask for an earlier --step." },
  );
}
