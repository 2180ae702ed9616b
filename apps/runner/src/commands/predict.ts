/** `millrace predict`: what a run's model says of inputs that a person names. */
import { Command, Option } from "commander";
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { extname } from "node:path";
import { once } from "node:events";
import type { MillraceError } from "@millrace/core";
import { openPrediction } from "@millrace/core/spec";
import { type Start, trainedOptions, wholeNumber } from "./command.js";
import { type AfterOptions, cannot, type Taken, withRun } from "./with-run.js";
import { exitCodes } from "../failure.js";
import { answers } from "../predict/asking.js";
import { looseSamples } from "../predict/inputs.js";
import { csvRows, jsonRows, type Rows } from "../predict/rows.js";
import { known } from "../run/run-folder.js";
import { writeFault } from "../run/write-fault.js";
import { plural } from "../view/format.js";
import type { Terminal } from "../view/terminal.js";
import type { Shell } from "../shell.js";

const formats = ["csv", "jsonl"] as const;

const help = `
Inputs pass the run's own transforms (none that are for training only), answers carry its label names. Columns of CSV
files are matched by name to the feature columns of training; a line of JSON Lines is {"column": value} or
{"features": [...]}. An input that fails is named on stderr, the rest goes on, and the exit code is 1.

  $ millrace predict runs/digits-20260101-120000 photo.png folder/ --top 3
  $ millrace predict runs/wine-20260101-120000 new-wines.csv --out answers.csv`;

export function predict(start: Start): Command {
  return trainedOptions(new Command("predict"))
    .description("ask a run's model about images, rows of CSV files or lines of JSON Lines")
    .argument("<run>", "the folder of the run")
    .argument("<input...>", "files and folders; - reads JSON Lines from stdin")
    .option("-o, --out <file>", "where the answers go; stdout if not given")
    .addOption(new Option("--format <name>", "csv, or jsonl where --out ends in .jsonl").choices(formats))
    .option("--top <k>", "tell only the k most probable labels", wholeNumber)
    .addHelpText("after", help)
    .action((path: string, inputs: string[], options: PredictOptions) =>
      start((shell) => predictInputs(path, inputs, options, shell)),
    );
}

interface PredictOptions extends AfterOptions {
  /** A file that is there whole at the end; stdout if not given. */
  readonly out?: string;
  readonly format?: (typeof formats)[number];
  readonly top?: number;
}

/** The exit code: 1 if any input failed. @throws MillraceError for every fault that has a name. */
function predictInputs(
  path: string,
  inputs: readonly string[],
  options: PredictOptions,
  shell: Shell,
): Promise<number> {
  return withRun(path, options, { terminal: shell.err, verbose: shell.verbose }, async (taken) => {
    const { composition, facts, view } = taken;
    const line = await openPrediction(composition.spec, known(facts), composition.options);
    try {
      if (line.trainer.predict === undefined) throw cannot(composition.spec.trainer.use, "predict");
      view.busy("opening the model …");
      const predictor = await line.trainer.predict(taken.context(line));
      try {
        const { signal } = taken.interrupt;
        const asking = {
          line,
          predictor,
          facts,
          batchSize: Math.max(composition.spec.loader.batchSize, 32),
          signal,
        };
        return await write(answers(looseSamples(inputs, line.inputs), asking), options, taken, shell);
      } finally {
        await predictor.close();
      }
    } finally {
      await line.close();
    }
  });
}

async function write(
  told: ReturnType<typeof answers>,
  options: PredictOptions,
  { facts, view, terminal }: Taken,
  shell: Shell,
): Promise<number> {
  const rows = rowsOf(options, facts.labels);
  const sink = options.out === undefined ? onStdout(shell.out) : await openOutput(options.out);
  const counts = { made: 0, failed: 0 };
  try {
    for await (const each of told) {
      if ("error" in each) {
        counts.failed++;
        view.print(faultText(each.name, each.error, terminal));
      } else {
        counts.made++;
        await sink.write(rows.of(each.name, each.answer));
      }
      view.busy(plural(counts.made, "prediction"));
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

function rowsOf({ format, out, top }: PredictOptions, labels: readonly string[] | undefined): Rows {
  const isJson = [".jsonl", ".ndjson"].includes(extname(out ?? "").toLowerCase());
  const chosen = format ?? (isJson ? "jsonl" : "csv");
  return (chosen === "csv" ? csvRows : jsonRows)({ labels, top });
}

function faultText(name: string, error: MillraceError, { colors }: Terminal): string {
  const place = error.where.length > 0 ? colors.dim(` (${error.where.join(", ")})`) : "";
  const hint = error.hint === undefined ? "" : ` ${error.hint}`;
  return `${colors.bold(colors.red("error:"))} ${name}: ${error.message}${place}.${hint}`.replace(
    /\.\.( |$)/,
    ".$1",
  );
}

interface Output {
  write(text: string): Promise<void>;
  finish(): Promise<void>;
  /** Leaves nothing behind. */
  abandon(): Promise<void>;
}

function onStdout(terminal: Terminal): Output {
  return {
    write: async (text) => terminal.write(text),
    finish: async () => {},
    abandon: async () => {},
  };
}

/** Writes beside `path`, which is replaced at the end. @throws MillraceError OUT_DIR. */
async function openOutput(path: string): Promise<Output> {
  const partial = `${path}.partial`;
  const stream = createWriteStream(partial);
  const fail = (cause: unknown) => writeFault(path, cause);
  await once(stream, "open").catch((cause: unknown) => {
    throw fail(cause);
  });
  let fault: unknown;
  stream.on("error", (error) => (fault = error));
  return {
    async write(text) {
      if (fault !== undefined) throw fail(fault);
      if (stream.write(text)) return;
      await once(stream, "drain").catch((cause: unknown) => {
        throw fail(cause);
      });
    },
    async finish() {
      stream.end();
      await once(stream, "close");
      if (fault !== undefined) throw fail(fault);
      await rename(partial, path);
    },
    async abandon() {
      stream.destroy();
      await rm(partial, { force: true });
    },
  };
}
