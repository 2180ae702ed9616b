/** The command line: commands, options and their help. */
import {
  type Override,
  parseOverride,
  type PluginKind,
  pluginKinds,
  splitNames,
  weightsChoices,
} from "@millrace/core";
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { check } from "./commands/check.js";
import { devices, type DevicesOptions } from "./commands/devices.js";
import { evaluate, type EvaluateOptions } from "./commands/evaluate.js";
import { plugins } from "./commands/plugins.js";
import { predict, predictFormats, type PredictOptions } from "./commands/predict.js";
import { resume, run, type RunOptions } from "./commands/run.js";
import type { Shell } from "./commands/shell.js";
import { version } from "./version.js";

/** Runs one command with the shell made for it; `verbose` is the command line's own wish. */
export type Perform = (command: (shell: Shell) => Promise<number>, verbose: boolean) => Promise<void>;

const help = `
Examples:
  $ millrace run spec.json
  $ millrace run spec.json --set trainer.with.epochs=20 --set loader.batchSize=128
  $ millrace resume runs/spec-20260101-120000
  $ millrace check spec.json
  $ millrace plugins transform

Exit codes:
  0 all went well · 1 the spec, the data or the training has a fault · 2 the command line was not understood
  130 stopped by Ctrl-C (143 by SIGTERM) · 70 an error nobody expected`;

const runHelp = `
The run folder gets spec.json (every default filled in), metrics.jsonl, log.jsonl, run.json, report.html, event files for
\`tensorboard --logdir\`, and the model.
Press Ctrl-C once to stop after the present step and keep what was learned; twice to quit at once.`;

const resumeHelp = `
Same as \`millrace run SPEC --resume RUN\` with the spec that the run kept: the weights at the end are those of a run that
was never stopped. A run that has ended goes on with more epochs: --set trainer.with.epochs=20.`;

const evaluateHelp = `
Every sample of the split once, without transforms that are for training only; --split train too. The result is printed
and written to evaluation-<split>.json in the run's folder.

  $ millrace evaluate runs/digits-20260101-120000 --split test
  $ millrace evaluate runs/digits-20260101-120000 --set source.with.root=/data/other-digits --checkpoint best`;

const predictHelp = `
Inputs pass the run's own transforms (none that are for training only), answers carry its label names. Columns of CSV
files are matched by name to the feature columns of training; a line of JSON Lines is {"column": value} or
{"features": [...]}. An input that fails is named on stderr, the rest goes on, and the exit code is 1.

  $ millrace predict runs/digits-20260101-120000 photo.png folder/ --top 3
  $ millrace predict runs/wine-20260101-120000 new-wines.csv --out answers.csv`;

const setHelp = "change one value of the spec, such as trainer.with.epochs=3; may be given several times";

export function program(perform: Perform): Command {
  const root = new Command("millrace")
    .description("Trains what one JSON spec describes: data, loader, model and trainer.")
    .version(version, "-V, --version", "show the version")
    .option("--verbose", "say more: debug lines in the log, stack traces with errors")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show help for a command")
    .addHelpText("after", help);
  const verbose = () => root.opts<{ verbose?: boolean }>().verbose ?? false;

  training(root.command("run"))
    .description("train what a spec describes")
    .argument("<spec>", "the JSON spec; comments and trailing commas are fine")
    .option("-r, --resume <run>", "go on where another run of this spec stopped: its folder, or a checkpoint")
    .addHelpText("after", runHelp)
    .action((spec: string, options: RunOptions) => perform((shell) => run(spec, options, shell), verbose()));

  training(root.command("resume"))
    .description("go on where a run stopped, in a folder of its own")
    .argument("<run>", "the folder of that run, or one of its checkpoints")
    .addHelpText("after", resumeHelp)
    .action((path: string, options: RunOptions) =>
      perform((shell) => resume(path, options, shell), verbose()),
    );

  trained(root.command("evaluate"))
    .description("measure a run's model on one of its splits")
    .argument("<run>", "the folder of the run")
    .addOption(
      new Option("--split <name>", "which split of the run's data").choices(splitNames).default("validation"),
    )
    .option("--json", "print the result as one JSON line, and everything else to stderr")
    .addHelpText("after", evaluateHelp)
    .action((path: string, options: EvaluateOptions) =>
      perform((shell) => evaluate(path, options, shell), verbose()),
    );

  trained(root.command("predict"))
    .description("ask a run's model about images, rows of CSV files or lines of JSON Lines")
    .argument("<run>", "the folder of the run")
    .argument("<input...>", "files and folders; - reads JSON Lines from stdin")
    .option("-o, --out <file>", "where the answers go; stdout if not given")
    .addOption(
      new Option("--format <name>", "csv, or jsonl where --out ends in .jsonl").choices(predictFormats),
    )
    .option("--top <k>", "tell only the k most probable labels", wholeNumber)
    .addHelpText("after", predictHelp)
    .action((path: string, inputs: string[], options: PredictOptions) =>
      perform((shell) => predict(path, inputs, options, shell), verbose()),
    );

  root
    .command("check")
    .description("see whether a spec is right and its data is there, without training")
    .argument("<spec>", "the JSON spec")
    .option("-s, --set <path=value>", setHelp, overrides)
    .action((spec: string, { set = [] }: { readonly set?: readonly Override[] }) =>
      perform((shell) => check(spec, set, shell), verbose()),
    );

  root
    .command("devices")
    .description("list what can compute on this machine, and what would add the rest")
    .option("--json", "print one JSON line")
    .action((options: DevicesOptions) => perform((shell) => devices(options, shell), verbose()));

  root
    .command("plugins")
    .description("list what a spec may use")
    .addArgument(new Argument("[kind]", "one kind alone, with the options of each").choices(pluginKinds))
    .action((kind: PluginKind | undefined) => perform((shell) => plugins(kind, shell), verbose()));

  return root;
}

/** The options of every command that trains. */
function training(command: Command): Command {
  return command
    .option("-o, --out <folder>", "where the run goes, new or empty (default: runs/<name>-<date>-<time>)")
    .option("-s, --set <path=value>", setHelp, overrides)
    .option("--no-tensorboard", "write no event files for TensorBoard")
    .option("--json", "print one JSON line at the end, and everything else to stderr")
    .option("--log-json", "print log lines as JSON instead of text");
}

/** The options of every command that takes up a run's model. */
function trained(command: Command): Command {
  const choice = new Option(
    "--checkpoint <which>",
    "whose weights: those of the saved model, or of a checkpoint",
  );
  return command
    .addOption(choice.choices(weightsChoices).default("final"))
    .option("-s, --set <path=value>", setHelp, overrides);
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("It must be a whole number above 0.");
}

function overrides(text: string, previous: readonly Override[] = []): Override[] {
  return [...previous, parseOverride(text)];
}
