/** What a shell is told of the command line: commands, options, and what stands behind each. */
import type { Argument, Command, Option } from "commander";
import { pluginKinds } from "@millrace/core/spec";
import { trialNames } from "../contract/samples.js";

/** What may stand in a place: one of some words, a spec, a run's folder, any file, any folder; nothing that can be guessed. */
export type Values = { readonly words: readonly string[] } | "spec" | "run" | "file" | "folder" | "nothing";

export interface CompletedOption {
  /** `--out`, and `-o` where there is one. */
  readonly names: readonly string[];
  readonly about: string;
  /** undefined: a flag. */
  readonly takes: Values | undefined;
}

export interface CompletedCommand {
  /** The words behind `millrace`. */
  readonly path: readonly string[];
  readonly about: string;
  readonly options: readonly CompletedOption[];
  /** One for each place; the last one also for those behind it. */
  readonly places: readonly Values[];
  readonly commands: readonly { readonly name: string; readonly about: string }[];
}

/** The program itself, and every command below it. */
export function completedCommands(
  root: Command,
  path: readonly string[] = [],
  topics: readonly string[] = root.commands.map((command) => command.name()),
): CompletedCommand[] {
  const commands = root.commands.map((command) => ({
    name: command.name(),
    about: firstLine(command.description()),
  }));
  const help = { names: ["--help", "-h"], about: "show help", takes: undefined };
  const own: CompletedCommand = {
    path,
    about: firstLine(root.description()),
    options: [...root.options.map(completedOption), help],
    places:
      commands.length > 0
        ? [{ words: commands.map(({ name }) => name) }]
        : root.registeredArguments.map((argument) => placeOf(argument, topics)),
    commands,
  };
  return [
    own,
    ...root.commands.flatMap((command) => completedCommands(command, [...path, command.name()], topics)),
  ];
}

function completedOption(option: Option): CompletedOption {
  const names = [option.long, option.short].filter((name) => name !== undefined && name !== null);
  return { names, about: firstLine(option.description), takes: valuesOf(option) };
}

/** Paths that are changed from one run to the next. */
const usualSettings = [
  "seed=",
  "loader.batchSize=",
  "loader.numWorkers=",
  "trainer.with.epochs=",
  "trainer.with.device=",
];

const byOption: Readonly<Record<string, Values>> = {
  "--set": { words: usualSettings },
  "--sample": { words: trialNames },
  "--from": "file",
  "--to": "folder",
};

function valuesOf({ long, flags, argChoices, required, optional }: Option): Values | undefined {
  if (!required && !optional) return undefined;
  if (argChoices !== undefined) return { words: argChoices };
  return byOption[long ?? ""] ?? byName(/[<[]([^>\].]+)/.exec(flags)?.[1] ?? "");
}

function placeOf(argument: Argument, topics: readonly string[]): Values {
  if (argument.argChoices !== undefined) return { words: argument.argChoices };
  if (argument.name() === "command") return { words: topics };
  if (argument.name() === "kind") return { words: pluginKinds };
  const place = byName(argument.name());
  return place === "nothing" ? "file" : place;
}

function byName(name: string): Values {
  if (name === "spec" || name === "run" || name === "file" || name === "folder") return name;
  return name === "dir" || name === "folder"
    ? "folder"
    : name === "path" || name === "input"
      ? "file"
      : "nothing";
}

function firstLine(text: string): string {
  return text.split("\n")[0];
}

export const specEndings = ["json", "jsonc", "yaml", "yml"] as const;
