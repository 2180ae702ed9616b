/** `millrace evaluate`: measures a run's model on one of its splits. */
import { Command, Option } from "commander";
import { join } from "node:path";
import { type SplitName, splitNames } from "@millrace/core/dataloader";
import {
  type EvaluateResult,
  type EvaluationLine,
  knownSamples,
  openEvaluation,
  type Prediction,
} from "@millrace/core/spec";
import { confusionText } from "../view/confusion-text.js";
import { perLabel } from "../view/per-label.js";
import { type Start, trainedOptions } from "./command.js";
import { type AfterOptions, cannot, type Taken, withRun } from "./with-run.js";
import { exitCodes } from "../failure.js";
import { writeWhole } from "../run/directory.js";
import { known, shortest } from "../run/run-folder.js";
import { version } from "../version.js";
import { count, duration, figure, plural } from "../view/format.js";
import { manyText, unitText } from "../view/narrate.js";
import type { Terminal } from "../view/terminal.js";
import type { Shell } from "../shell.js";

const help = `
Every sample of the split once, without transforms that are for training only; --split train too. The result is printed
and written to evaluation-<split>.json in the run's folder.

  $ millrace evaluate runs/digits-20260101-120000 --split test
  $ millrace evaluate runs/digits-20260101-120000 --set source.with.root=/data/other-digits --checkpoint best`;

export function evaluate(start: Start): Command {
  return trainedOptions(new Command("evaluate"))
    .description("measure a run's model on one of its splits")
    .argument("<run>", "the folder of the run")
    .addOption(
      new Option("--split <name>", "which split of the run's data").choices(splitNames).default("validation"),
    )
    .option("--json", "print the result as one JSON line, and everything else to stderr")
    .addHelpText("after", help)
    .action((path: string, options: EvaluateOptions) => start((shell) => evaluateRun(path, options, shell)));
}

interface EvaluateOptions extends AfterOptions {
  readonly split: SplitName;
  /** The result as one JSON line on stdout, all else on stderr. */
  readonly json?: boolean;
}

/** The exit code. @throws MillraceError for every fault that has a name. */
function evaluateRun(path: string, options: EvaluateOptions, shell: Shell): Promise<number> {
  const terminal = options.json ? shell.err : shell.out;
  return withRun(path, options, { command: "evaluate", terminal, verbose: shell.verbose }, async (taken) => {
    const { composition, facts, run, view } = taken;
    view.busy("opening the data …");
    const line = await openEvaluation(composition.spec, options.split, {
      ...composition.options,
      facts: known(facts),
    });
    try {
      const record = await measure(line, options.split, taken);
      const file = join(run.folder, `evaluation-${options.split}.json`);
      await writeWhole(file, `${JSON.stringify(record, null, 2)}\n`);
      for (const text of lines(record, terminal)) view.print(text);
      view.print(`\n  written to ${terminal.colors.cyan(shortest(file))}`);
      if (options.json) shell.out.write(`${JSON.stringify(record)}\n`);
      return exitCodes.ok;
    } finally {
      await line.close();
    }
  });
}

function samplesText(loader: EvaluationLine["loader"]): string {
  const samples = knownSamples(loader);
  return samples === undefined ? `${manyText(samples)} samples` : plural(samples, "sample");
}

interface EvaluationRecord extends Omit<EvaluateResult, "worst"> {
  readonly run: string;
  readonly split: SplitName;
  readonly labels?: readonly ReturnType<typeof perLabel>[number][];
  /** Samples that could not be made and are not measured, where the run passes over them. */
  readonly badSamples?: number;
  readonly worst: readonly object[];
  readonly millrace: string;
  readonly evaluatedAt: Date;
}

async function measure(line: EvaluationLine, split: SplitName, taken: Taken): Promise<EvaluationRecord> {
  const { composition, run, view, context, terminal } = taken;
  const { trainer, loader, facts } = line;
  if (trainer.evaluate === undefined) throw cannot(composition.spec.trainer.use, "evaluate");
  const what = [samplesText(loader), facts.labels && plural(facts.labels.length, "class")];
  const name = terminal.colors.cyan(shortest(run.folder));
  view.print(`${name} on its ${split} split: ${what.filter((part) => part !== undefined).join(", ")}`);
  const { worst, ...result } = await trainer.evaluate({ ...context(line), batches: loader });
  const matrix = result.tables.find(({ name: table }) => table === "confusionMatrix");
  const passesOver = composition.spec.loader.onError !== "fail";
  return {
    run: run.folder,
    split,
    ...result,
    ...(passesOver && { badSamples: loader.metrics().epoch?.badSamples ?? 0 }),
    ...(matrix && { labels: perLabel(matrix) }),
    worst: worst.map((prediction) => told(prediction, line)),
    millrace: version,
    evaluatedAt: new Date(),
  };
}

/** Without the input, which may be large. */
function told(
  { index, key, target, predicted, confidence, loss }: Prediction,
  { facts }: Pick<EvaluationLine, "facts">,
) {
  const name = (value: number) => facts.labels?.[value] ?? value;
  return { index, key, target: name(target), predicted: name(predicted), confidence, loss };
}

function lines(record: EvaluationRecord, terminal: Terminal): string[] {
  const { metrics, tables, seconds, samples, restored, badSamples = 0 } = record;
  const { colors } = terminal;
  const left = `  ${plural(badSamples, "sample")} could not be made and ${badSamples === 1 ? "is" : "are"} not measured`;
  const width = Math.max(...Object.keys(metrics).map((name) => name.length));
  const matrix = tables.find(({ name }) => name === "confusionMatrix");
  return [
    "",
    ...Object.entries(metrics).map(
      ([name, value]) => `  ${name.padEnd(width)}  ${colors.bold(figure(value))}`,
    ),
    ...(restored === undefined ? [] : ["", colors.dim(`  ${unitText(restored)}`)]),
    ...(matrix ? ["", ...confusionText(matrix, terminal.columns(), colors)] : []),
    "",
    ...(badSamples > 0 ? [colors.yellow(left)] : []),
    colors.dim(`  ${duration(seconds)}, ${count(samples / Math.max(seconds, 1e-9))} samples/s`),
  ];
}
