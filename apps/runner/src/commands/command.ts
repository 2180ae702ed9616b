/** What the command files share: how an action starts, and the options that several commands have. */
import { type Override, parseOverride, readSpec, type SpecText, weightsChoices } from "@millrace/core/spec";
import { Argument, type Command, InvalidArgumentError, Option } from "commander";
import type { Shell } from "../shell.js";

/** Runs an action with the shell made for it; its number is the exit code. */
export type Start = (action: (shell: Shell) => Promise<number>) => Promise<void>;

/** The specs of every command that takes one: each laid over those before it. */
export function specArgument(need: "required" | "optional" = "required"): Argument {
  return new Argument(
    need === "required" ? "<spec...>" : "[spec...]",
    "the spec, JSON with comments or YAML; of several each is laid over those before it",
  );
}

export function readSpecs(paths: readonly string[], set: readonly Override[] = []): Promise<SpecText> {
  return readSpec(paths, set);
}

/** `--set path=value` of every command that takes a spec. */
export function setOption(): Option {
  return new Option(
    "-s, --set <path=value>",
    "change one value of the spec, such as trainer.with.epochs=3; may be given several times",
  ).argParser((text: string, previous: readonly Override[] | undefined) => [
    ...(previous ?? []),
    parseOverride(text),
  ]);
}

/** The options of every command that trains. */
export function trainingOptions(command: Command): Command {
  return command
    .option("-o, --out <folder>", "where the run goes, new or empty (default: runs/<name>-<date>-<time>)")
    .addOption(setOption())
    .option("--no-tensorboard", "write no event files for TensorBoard")
    .option("--json", "print one JSON line at the end, and everything else to stderr")
    .option("--log-json", "print log lines as JSON instead of text");
}

/** The options of every command that takes up a run's model. */
export function trainedOptions(command: Command): Command {
  const choice = new Option(
    "--checkpoint <which>",
    "whose weights: those of the saved model, or of a checkpoint",
  );
  return command.addOption(choice.choices(weightsChoices).default("final")).addOption(setOption());
}

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("It must be a whole number above 0.");
}

/** Reads a number from `lowest` to `highest`. */
export function numberFrom(lowest: number, highest = Number.POSITIVE_INFINITY): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && value >= lowest && value <= highest) return value;
    throw new InvalidArgumentError(`It must be a number ${rangeText(lowest, highest)}.`);
  };
}

/** The same of whole numbers, as seeds, epochs and ports are. */
export function wholeFrom(lowest: number, highest = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isInteger(value) && value >= lowest && value <= highest) return value;
    throw new InvalidArgumentError(`It must be a whole number ${rangeText(lowest, highest)}.`);
  };
}

function rangeText(lowest: number, highest: number): string {
  return highest >= Number.MAX_SAFE_INTEGER ? `of at least ${lowest}` : `from ${lowest} to ${highest}`;
}
