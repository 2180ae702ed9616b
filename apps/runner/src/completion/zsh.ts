/** Completion for zsh, by its own `_arguments`, with what each command and option is. */
import { type CompletedCommand, type CompletedOption, specEndings, type Values } from "./model.js";

export function zshScript(commands: readonly CompletedCommand[]): string {
  return `#compdef millrace
# Completion of millrace for zsh: \`source <(millrace completion zsh)\` behind compinit, or put it as _millrace into a folder of $fpath.

_millrace_specs() {
  local found=1
  _path_files -g '*.(${specEndings.join("|")})(-.)' && found=0
  _path_files -/ && found=0
  return found
}
_millrace_runs() {
  local -a runs
  runs=( \${PREFIX}*(N-/e:'[[ -f $REPLY/run.json ]]':) runs/*(N-/e:'[[ -f $REPLY/run.json ]]':) )
  (( $#runs )) && compadd -f -U -M 'r:|/=* r:|=*' -- \${(u)runs}
  _files -/
}
${commands.map(functionOf).join("\n")}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _millrace "$@"
else
  compdef _millrace millrace
fi
`;
}

function functionOf({ path, options, places, commands }: CompletedCommand): string {
  const name = functionName(path);
  const specs = options.flatMap(optionSpecs);
  if (commands.length === 0) {
    const stated = places.map((values, i) => {
      const isLast = i === places.length - 1;
      return quoted(`${isLast ? "*" : i + 1}:${kindOf(values)}:${actionOf(values)}`);
    });
    return `${name}() {\n  _arguments -s ${[...specs, ...stated].join(" \\\n    ")}\n}`;
  }
  const described = commands.map(({ name: each, about }) => quoted(`${each}:${about}`));
  const cases = commands.map(({ name: each }) => `        ${each}) ${functionName([...path, each])} ;;`);
  return `${name}() {
  local state line
  typeset -A opt_args
  local -a commands=(
    ${described.join("\n    ")}
  )
  _arguments -C ${specs.join(" \\\n    ")} \\
    '1: :->command' '*:: :->rest'
  case $state in
    command) _describe command commands ;;
    rest)
      case $line[1] in
${cases.join("\n")}
      esac ;;
  esac
}`;
}

function functionName(path: readonly string[]): string {
  return ["_millrace", ...path].join("_").replaceAll("-", "_");
}

/** May be given several times: zsh need not know which may not. */
function optionSpecs({ names, about, takes }: CompletedOption): string[] {
  const text = about.replace(/[[\]:\\]/g, "\\$&");
  const value = takes === undefined ? "" : `:${kindOf(takes)}:${actionOf(takes)}`;
  return names.map((name) => quoted(`*${name}[${text}]${value}`));
}

function kindOf(values: Values): string {
  return typeof values === "string" ? values : "word";
}

function actionOf(values: Values): string {
  if (typeof values === "object") return `(${values.words.join(" ")})`;
  const actions = {
    spec: "_millrace_specs",
    run: "_millrace_runs",
    file: "_files",
    folder: "_files -/",
    nothing: " ",
  };
  return actions[values];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
