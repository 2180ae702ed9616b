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
import { type ExportOptions, exportRun } from "./commands/export.js";
import { plugins } from "./commands/plugins.js";
import { predict, predictFormats, type PredictOptions } from "./commands/predict.js";
import { resume, run, type RunOptions } from "./commands/run.js";
import type { Shell } from "./shell.js";
import * as help from "./help.js";
import { version } from "./version.js";

/** Runs one command with the shell made for it; `verbose` is the command line's own wish. */
export type Perform = (command: (shell: Shell) => Promise<number>, verbose: boolean) => Promise<void>;

type Start = (command: (shell: Shell) => Promise<number>) => Promise<void>;

export function program(perform: Perform): Command {
  const root = new Command("millrace")
    .description("Trains what one JSON spec describes: data, loader, model and trainer.")
    .version(version, "-V, --version", "show the version")
    .option("--verbose", "say more: debug lines in the log, stack traces with errors")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show help for a command")
    .addHelpText("after", help.help);
  const start: Start = (command) => perform(command, root.opts<{ verbose?: boolean }>().verbose ?? false);
  addTraining(root, start);
  addMeasuring(root, start);
  addPredicting(root, start);
  addListing(root, start);
  return root;
}

function addTraining(root: Command, start: Start): void {
  trainingOptions(root.command("run"))
    .description("train what a spec describes")
    .argument("<spec>", "the JSON spec; comments and trailing commas are fine")
    .option("-r, --resume <run>", "go on where another run of this spec stopped: its folder, or a checkpoint")
    .addHelpText("after", help.runHelp)
    .action((spec: string, options: RunOptions) => start((shell) => run(spec, options, shell)));

  trainingOptions(root.command("resume"))
    .description("go on where a run stopped, in a folder of its own")
    .argument("<run>", "the folder of that run, or one of its checkpoints")
    .addHelpText("after", help.resumeHelp)
    .action((path: string, options: RunOptions) => start((shell) => resume(path, options, shell)));
}

function addMeasuring(root: Command, start: Start): void {
  trainedOptions(root.command("evaluate"))
    .description("measure a run's model on one of its splits")
    .argument("<run>", "the folder of the run")
    .addOption(
      new Option("--split <name>", "which split of the run's data").choices(splitNames).default("validation"),
    )
    .option("--json", "print the result as one JSON line, and everything else to stderr")
    .addHelpText("after", help.evaluateHelp)
    .action((path: string, options: EvaluateOptions) => start((shell) => evaluate(path, options, shell)));

  trainedOptions(root.command("export"))
    .description("write a run's model, and all that another program needs, into a folder")
    .argument("<run>", "the folder of the run")
    .requiredOption("--to <folder>", "where it goes, new or empty")
    .option("--format <names>", "tfjs-layers, tfjs-graph, safetensors, divided by commas, or all", "all")
    .option("--json", "print what was written as one JSON line, and everything else to stderr")
    .addHelpText("after", help.exportHelp)
    .action((path: string, options: ExportOptions) => start((shell) => exportRun(path, options, shell)));
}

function addPredicting(root: Command, start: Start): void {
  trainedOptions(root.command("predict"))
    .description("ask a run's model about images, rows of CSV files or lines of JSON Lines")
    .argument("<run>", "the folder of the run")
    .argument("<input...>", "files and folders; - reads JSON Lines from stdin")
    .option("-o, --out <file>", "where the answers go; stdout if not given")
    .addOption(
      new Option("--format <name>", "csv, or jsonl where --out ends in .jsonl").choices(predictFormats),
    )
    .option("--top <k>", "tell only the k most probable labels", wholeNumber)
    .addHelpText("after", help.predictHelp)
    .action((path: string, inputs: string[], options: PredictOptions) =>
      start((shell) => predict(path, inputs, options, shell)),
    );
}

function addListing(root: Command, start: Start): void {
  root
    .command("check")
    .description("see whether a spec is right and its data is there, without training")
    .argument("<spec>", "the JSON spec")
    .option("-s, --set <path=value>", help.setHelp, overrides)
    .action((spec: string, { set = [] }: { readonly set?: readonly Override[] }) =>
      start((shell) => check(spec, set, shell)),
    );

  root
    .command("devices")
    .description("list what can compute on this machine, and what would add the rest")
    .option("--json", "print one JSON line")
    .action((options: DevicesOptions) => start((shell) => devices(options, shell)));

  root
    .command("plugins")
    .description("list what a spec may use")
    .addArgument(new Argument("[kind]", "one kind alone, with the options of each").choices(pluginKinds))
    .action((kind: PluginKind | undefined) => start((shell) => plugins(kind, shell)));
}

/** The options of every command that trains. */
function trainingOptions(command: Command): Command {
  return command
    .option("-o, --out <folder>", "where the run goes, new or empty (default: runs/<name>-<date>-<time>)")
    .option("-s, --set <path=value>", help.setHelp, overrides)
    .option("--no-tensorboard", "write no event files for TensorBoard")
    .option("--json", "print one JSON line at the end, and everything else to stderr")
    .option("--log-json", "print log lines as JSON instead of text");
}

/** The options of every command that takes up a run's model. */
function trainedOptions(command: Command): Command {
  const choice = new Option(
    "--checkpoint <which>",
    "whose weights: those of the saved model, or of a checkpoint",
  );
  return command
    .addOption(choice.choices(weightsChoices).default("final"))
    .option("-s, --set <path=value>", help.setHelp, overrides);
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("It must be a whole number above 0.");
}

function overrides(text: string, previous: readonly Override[] = []): Override[] {
  return [...previous, parseOverride(text)];
}
