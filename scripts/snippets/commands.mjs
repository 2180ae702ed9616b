/** Command lines that pages show: whether each command is there, with these options, for these words. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { program } from "../../apps/runner/dist/program.js";
import { root } from "./fences.mjs";

/** Said of threads, not typed. */
const noCommands = new Set(["worker"]);

/** Nothing is done: actions are taken, and left. */
function commandLine() {
  const quiet = (command) => {
    command.exitOverride().configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
    command.commands.forEach(quiet);
    return command;
  };
  return quiet(program(async () => undefined));
}

/** @returns {Promise<{ faults: string[], count: number }>} */
export async function checkCommands(pages) {
  const faults = [];
  let count = 0;
  for (const page of pages) {
    for (const { line, text, isTyped } of shownIn(readFileSync(join(root, page), "utf8"))) {
      const words = wordsOf(text);
      if (!/^[a-z][a-z-]*$/.test(words[0] ?? "") || noCommands.has(words[0])) continue;
      count++;
      const fault =
        existence(words) ?? (isTyped && !words.some(isPlaceholder) ? await meaning(words) : undefined);
      if (fault !== undefined) faults.push(`${page}:${line}: millrace ${text}: ${fault}`);
    }
  }
  return { faults, count };
}

/** What stands behind `millrace`, in code of any kind; `isTyped` where it stands on a line of its own. */
function* shownIn(markdown) {
  let isFenced = false;
  for (const [index, shown] of markdown.split("\n").entries()) {
    const line = index + 1;
    if (shown.startsWith("```")) {
      isFenced = !isFenced;
      continue;
    }
    const spans = [...shown.matchAll(/`([^`]+)`/g)].map(([, code]) => code);
    const isBlock = isFenced || /^ {4}/.test(shown);
    for (const code of isBlock && spans.length === 0 ? [shown] : spans) {
      const [, before = "", text] = /^(.*?)\bmillrace (.+)$/.exec(code) ?? [];
      if (text !== undefined && /^(?:.*[ |(])?$/.test(before))
        yield { line, text, isTyped: isBlock && spans.length === 0 };
    }
  }
}

/** As a shell takes them, up to a comment, a pipe or whatever else ends a command. */
function wordsOf(text) {
  const words = [];
  for (const [word, double, single] of text.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|\S+/g)) {
    if (/^(?:#|\||&|>|;|→|·)/.test(word)) break;
    words.push(
      double ??
        single ??
        word.replaceAll(/["']/g, "").replace(/[)\].,;]+$/, (end) => (word.includes("=") ? end : "")),
    );
  }
  return words;
}

const isPlaceholder = (word) => /^[[<]|…/.test(word);

/** What is not there of a command, its options among them. */
function existence(words) {
  let command = commandLine();
  const rest = [...words];
  while (command.commands.length > 0 && rest.length > 0) {
    const next = command.commands.find((each) => each.name() === rest[0]);
    if (next === undefined && !/^[a-z]/.test(rest[0])) break;
    if (next === undefined) return `there is no command "${rest[0]}"`;
    command = next;
    rest.shift();
  }
  const known = new Set(["--help", "-h", "--verbose"]);
  for (const { short, long } of command.options) known.add(short).add(long);
  const unknown = rest
    .map((word) => /^\[?(--?[a-z][\w-]*)/.exec(word)?.[1])
    .find((option) => option !== undefined && !known.has(option));
  return unknown === undefined ? undefined : `there is no option "${unknown}"`;
}

/** What the command line itself refuses: words that are missing or too many, values that are none. */
async function meaning(words) {
  try {
    await commandLine().parseAsync(words, { from: "user" });
    return undefined;
  } catch (error) {
    return error.exitCode === 0 ? undefined : error.message;
  }
}
