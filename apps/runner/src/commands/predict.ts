/** `millrace predict`: what a run's model says of inputs that a person names. */
import { Command, Option } from "commander";
import { extname } from "node:path";
import { MillraceError } from "@millrace/core";
import { canContinue, openPrediction, type PredictionLine, type Predictor } from "@millrace/core/spec";
import { numberFrom, type Start, trainedOptions, wholeFrom, wholeNumber } from "./command.js";
import { type AfterOptions, cannot, type Taken, withRun } from "./with-run.js";
import { exitCodes, printable } from "../failure.js";
import { answers } from "../predict/asking.js";
import { continuations } from "../predict/continuing.js";
import { type Loose, looseSamples, refuseToReplace, typedTexts } from "../predict/inputs.js";
import { onStdout, openOutput } from "../predict/output.js";
import { continuationRows, csvRows, jsonRows, type Rows } from "../predict/rows.js";
import { textField } from "../predict/texts.js";
import { known } from "../run/run-folder.js";
import { plural } from "../view/format.js";
import type { Terminal } from "../view/terminal.js";
import type { Shell } from "../shell.js";

const formats = ["csv", "jsonl"] as const;

const help = `
Inputs pass the run's own transforms (none that are for training only), answers carry its label names. Columns of CSV
files are matched by name to the feature columns of training; a line of JSON Lines is {"column": value} or
{"features": [...]}. An input that fails is named on stderr, the rest goes on, and the exit code is 1.

A language model continues its inputs, and what --text types: one token after the other, the same for the same --seed.

  $ millrace predict runs/digits-20260101-120000 photo.png folder/ --top 3
  $ millrace predict runs/wine-20260101-120000 new-wines.csv --out answers.csv
  $ millrace predict runs/sms-20260101-120000 --text "You have won a prize, call now"
  $ millrace predict runs/names-20260101-120000 --text "Ma" --temperature 0.8 --top-k 20 --seed 3`;

export function predict(start: Start): Command {
  return trainedOptions(new Command("predict"))
    .description("ask a run's model about images, rows of CSV files or lines of JSON Lines")
    .argument("<run>", "the folder of the run")
    .argument("[input...]", "files and folders; - reads JSON Lines from stdin")
    .option("-t, --text <text>", "a text to be judged or continued; may be given several times", gather)
    .option("-o, --out <file>", "where the answers go; stdout if not given")
    .addOption(new Option("--format <name>", "csv, or jsonl where --out ends in .jsonl").choices(formats))
    .option("--top <k>", "tell only the k most probable labels", wholeNumber)
    .option("--max-tokens <n>", "language models: most tokens to add", wholeNumber)
    .option(
      "--temperature <t>",
      "language models: below 1 the probable is likelier; 0 takes it always",
      numberFrom(0),
    )
    .option("--top-k <k>", "language models: draw from the k most probable tokens alone", wholeNumber)
    .option(
      "--top-p <p>",
      "language models: draw from the most probable that make up p together",
      numberFrom(0, 1),
    )
    .option(
      "--seed <n>",
      "language models: where the draws follow from; the run's seed if not given",
      seedNumber,
    )
    .addHelpText("after", help)
    .action((path: string, inputs: string[], options: PredictOptions) =>
      start((shell) => predictInputs(path, inputs, options, shell)),
    );
}

function gather(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

const seedNumber = wholeFrom(0);

interface PredictOptions extends AfterOptions {
  /** A file that is there whole at the end; stdout if not given. */
  readonly out?: string;
  readonly format?: (typeof formats)[number];
  readonly top?: number;
  readonly text?: readonly string[];
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly seed?: number;
}

const ofLanguageModels = ["maxTokens", "temperature", "topK", "topP", "seed"] as const;
const defaultTokens = 100;

/** The exit code: 1 if any input failed. @throws MillraceError for every fault that has a name. */
function predictInputs(
  path: string,
  inputs: readonly string[],
  options: PredictOptions,
  shell: Shell,
): Promise<number> {
  const { text: texts = [] } = options;
  if (inputs.length === 0 && texts.length === 0) {
    throw new MillraceError("INPUT_INVALID", "predict needs an input or a --text, was given none", {
      hint: 'Name files or folders, - for JSON Lines on stdin, or type --text "…".',
    });
  }
  return withRun(
    path,
    options,
    { command: "predict", terminal: shell.err, verbose: shell.verbose },
    async (taken) => {
      const { composition, facts, view } = taken;
      const line = await openPrediction(composition.spec, known(facts), composition.options);
      try {
        if (options.out !== undefined) await refuseToReplace(options.out, inputs, line.inputs);
        if (line.trainer.predict === undefined) throw cannot(composition.spec.trainer.use, "predict");
        view.busy("opening the model …");
        const predictor = await line.trainer.predict(taken.context(line));
        try {
          const samples = samplesOf(inputs, texts, line, taken);
          const asked = { samples, line, predictor };
          return await (canContinue(line, predictor) ? go : judge)(asked, options, taken, shell);
        } finally {
          await predictor.close();
        }
      } finally {
        await line.close();
      }
    },
  );
}

async function* samplesOf(
  inputs: readonly string[],
  texts: readonly string[],
  line: PredictionLine,
  { facts }: Taken,
): AsyncGenerator<Loose> {
  if (texts.length > 0) yield* typedTexts(texts, textField(known(facts)), line.inputs);
  yield* looseSamples(inputs, line.inputs);
}

interface Asked {
  readonly samples: AsyncIterable<Loose>;
  readonly line: PredictionLine;
  readonly predictor: Predictor;
}

/** What the model says of each sample. */
function judge(asked: Asked, options: PredictOptions, taken: Taken, shell: Shell): Promise<number> {
  const { facts, composition, interrupt } = taken;
  const given = ofLanguageModels.find((name) => options[name] !== undefined);
  if (given !== undefined) {
    const flag = `--${given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    throw new MillraceError("OPTION_INVALID", `${flag} is for a run of a language model, which this is not`, {
      hint: `A language model gives a probability for each token at every step; this one gives [${asked.predictor.outputShape.map((extent) => extent ?? "any").join(", ")}] for a sample. Leave it out.`,
    });
  }
  const batchSize = Math.max(composition.spec.loader.batchSize, 32);
  const asking = { ...asked, facts, batchSize, signal: interrupt.signal };
  const rows = rowsOf(options, facts.labels);
  return write(
    answers(asked.samples, asking),
    ({ name, answer }) => rows.of(name, answer),
    options,
    taken,
    shell,
  );
}

/** What the model goes on with: as rows of a file, or as text on stdout while it comes. */
function go(asked: Asked, options: PredictOptions, taken: Taken, shell: Shell): Promise<number> {
  const { maxTokens = defaultTokens, temperature, topK, topP, seed = taken.composition.spec.seed } = options;
  const drawing = { maxTokens, temperature, topK, topP, seed, signal: taken.interrupt.signal };
  const asRows = options.out !== undefined || options.format !== undefined;
  const told = continuations(asked.samples, {
    ...asked,
    options: drawing,
    ...(!asRows && { onText: (piece) => shell.out.write(piece) }),
  });
  const rows = continuationRows(formatOf(options));
  const text = ({ name, continuation }: { readonly name: string; readonly continuation: string }) =>
    asRows ? rows.of(name, continuation) : "\n";
  return write(told, text, options, taken, shell);
}

/** Writes what `text` makes of each answer, and names each fault. */
async function write<T extends { readonly name: string }>(
  told: AsyncIterable<T | { readonly name: string; readonly error: MillraceError }>,
  text: (answer: T) => string,
  options: PredictOptions,
  { view, terminal }: Taken,
  shell: Shell,
): Promise<number> {
  const sink = options.out === undefined ? onStdout(shell.out) : await openOutput(options.out);
  const counts = { made: 0, failed: 0 };
  try {
    for await (const each of told) {
      if ("error" in each) {
        counts.failed++;
        view.print(faultText(each.name, each.error, terminal));
      } else {
        counts.made++;
        await sink.write(text(each));
      }
      view.busy(plural(counts.made, "prediction"));
      if (!sink.isOpen) break;
    }
    await sink.finish();
  } catch (error) {
    await sink.abandon();
    throw error;
  }
  const failed = counts.failed === 0 ? "" : `, ${plural(counts.failed, "input")} failed`;
  const where = options.out === undefined ? "" : ` in ${options.out}`;
  view.print(`${plural(counts.made, "prediction")}${where}${failed}`);
  return counts.failed === 0 ? exitCodes.ok : exitCodes.fault;
}

function rowsOf(options: PredictOptions, labels: readonly string[] | undefined): Rows {
  return (formatOf(options) === "csv" ? csvRows : jsonRows)({ labels, top: options.top });
}

function formatOf({ format, out }: PredictOptions): (typeof formats)[number] {
  const isJson = [".jsonl", ".ndjson"].includes(extname(out ?? "").toLowerCase());
  return format ?? (isJson ? "jsonl" : "csv");
}

function faultText(name: string, error: MillraceError, { colors }: Terminal): string {
  const place = error.where.length > 0 ? colors.dim(` (${printable(error.where.join(", "))})`) : "";
  const hint = error.hint === undefined ? "" : ` ${printable(error.hint)}`;
  return `${colors.bold(colors.red("error:"))} ${printable(`${name}: ${error.message}`)}${place}.${hint}`.replace(
    /\.\.( |$)/,
    ".$1",
  );
}
