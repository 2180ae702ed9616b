/** Completion for fish, a line for each command and option. */
import { type CompletedCommand, type CompletedOption, specEndings, type Values } from "./model.js";

export function fishScript(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap((command) => {
    const condition = conditionOf(command);
    const [first] = command.places;
    return [
      ...command.commands.map(
        ({ name, about }) =>
          `complete -c millrace -f -n ${quoted(`${condition}; and __millrace_place 1`)} -a ${name} -d ${quoted(about)}`,
      ),
      ...command.options.map((option) => optionLine(option, condition)),
      ...(command.commands.length > 0 || first === undefined
        ? []
        : command.places.map((values, i) => placeLine(values, condition, i, command.places.length))),
    ];
  });
  return `# Completion of millrace for fish: \`millrace completion fish | source\`, or put it into
# ~/.config/fish/completions/millrace.fish

# The words that are no options, behind the program's name; whether there is none, or how many, behind a command.
function __millrace_words
    set -l tokens (commandline -opc)
    for token in $tokens[2..]
        string match -q -- '-*' $token; or echo $token
    end
end
function __millrace_is
    set -l words (__millrace_words)
    test (count $words) -ge (count $argv); or return 1
    for i in (seq (count $argv))
        test "$words[$i]" = "$argv[$i]"; or return 1
    end
    set -g __millrace_depth (count $argv)
    return 0
end
function __millrace_place
    set -l words (__millrace_words)
    set -l place (math (count $words) - $__millrace_depth + 1)
    if test (count $argv) -gt 1
        test $place -ge $argv[1]
    else
        test $place -eq $argv[1]
    end
end
function __millrace_specs
    set -l begun (commandline -ct)
    for path in ${specEndings.map((ending) => `$begun*.${ending}`).join(" ")}
        echo $path
    end
    __fish_complete_directories $begun
end
function __millrace_runs
    for path in (commandline -ct)*/run.json (commandline -ct)*/*/run.json runs/*/run.json
        string replace -r '/run.json$' '' -- $path
    end
    __fish_complete_directories (commandline -ct)
end

complete -c millrace -f
${lines.join("\n")}
`;
}

function conditionOf({ path }: CompletedCommand): string {
  return path.length === 0 ? "__millrace_is" : `__millrace_is ${path.join(" ")}`;
}

function optionLine({ names, about, takes }: CompletedOption, condition: string): string {
  const flags = names.map((name) => (name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  const value = takes === undefined ? "" : ` -r ${offered(takes)}`;
  return `complete -c millrace -n ${quoted(condition)} ${flags.join(" ")}${value} -d ${quoted(about)}`;
}

function placeLine(values: Values, condition: string, i: number, count: number): string {
  const place = `__millrace_place ${i + 1}${i === count - 1 ? " more" : ""}`;
  return `complete -c millrace -n ${quoted(`${condition}; and ${place}`)} ${offered(values)}`;
}

function offered(values: Values): string {
  if (typeof values === "object") return `-f -a ${quoted(values.words.join(" "))}`;
  const texts = {
    spec: "-f -a '(__millrace_specs)'",
    run: "-f -a '(__millrace_runs)'",
    file: "-F",
    folder: "-f -a '(__fish_complete_directories (commandline -ct))'",
    nothing: "-f",
  };
  return texts[values];
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
