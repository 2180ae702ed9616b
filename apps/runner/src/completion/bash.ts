/** Completion for bash, which finds all but files in the script itself: no process is started at a key. */
import { type CompletedCommand, specEndings, type Values } from "./model.js";

export function bashScript(commands: readonly CompletedCommand[]): string {
  const takes = commands.flatMap(({ path, options }) =>
    options.flatMap(({ names, takes }) =>
      takes === undefined
        ? []
        : names.map((name) => `    '${[...path, name].join(" ")}') echo '${textOf(takes)}' ;;`),
    ),
  );
  const places = commands.map(
    ({ path, places }) => `    '${path.join(" ")}') echo '${places.map(textOf).join("|")}' ;;`,
  );
  const options = commands.map(
    ({ path, options }) =>
      `    '${path.join(" ")}') echo '${options.flatMap(({ names }) => names).join(" ")}' ;;`,
  );
  const known = commands.filter(({ path }) => path.length > 0).map(({ path }) => `'${path.join(" ")}'`);
  return `# Completion of millrace for bash: \`source <(millrace completion bash)\`, or put it into
# ~/.local/share/bash-completion/completions/millrace

_millrace_takes() {
  case "$1" in
${takes.join("\n")}
  esac
}
_millrace_places() {
  case "$1" in
${places.join("\n")}
  esac
}
_millrace_options() {
  case "$1" in
${options.join("\n")}
  esac
}
_millrace_folders() {
  local folder
  compgen -d -- "$1" | while IFS= read -r folder; do printf '%s/\\n' "$folder"; done
}
_millrace_values() {
  local path
  case "$1" in
    spec)
      compgen -f -- "$2" | while IFS= read -r path; do
        case "$path" in ${specEndings.map((ending) => `*.${ending}`).join("|")}) [ -f "$path" ] && printf '%s\\n' "$path" ;; esac
      done
      _millrace_folders "$2" ;;
    run)
      compgen -d -- "$2" | while IFS= read -r path; do
        if [ -f "$path/run.json" ]; then printf '%s\\n' "$path"; else printf '%s/\\n' "$path"; fi
      done ;;
    file) compgen -f -- "$2" | while IFS= read -r path; do [ -d "$path" ] && path="$path/"; printf '%s\\n' "$path"; done ;;
    folder) _millrace_folders "$2" ;;
    words:*) compgen -W "\${1#words:}" -- "$2" ;;
  esac
}
_millrace() {
  local current="\${COMP_WORDS[COMP_CWORD]}" command='' place=0 i word values='' before=''
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if [ -n "$before" ]; then before=''; continue; fi
    case "$word" in
      -*) [ -n "$(_millrace_takes "\${command:+$command }$word")" ] && before="$word" ;;
      *)
        case "\${command:+$command }$word" in
          ${known.join("|")}) command="\${command:+$command }$word"; place=0 ;;
          *) place=$((place + 1)) ;;
        esac ;;
    esac
  done
  if [ -n "$before" ]; then
    values="$(_millrace_takes "\${command:+$command }$before")"
  elif [[ "$current" == -* ]]; then
    values="words:$(_millrace_options "$command")"
  else
    local all
    IFS='|' read -ra all <<< "$(_millrace_places "$command")"
    values="\${all[place]:-\${all[\${#all[@]} - 1]:-}}"
  fi
  COMPREPLY=()
  while IFS= read -r word; do COMPREPLY+=("$word"); done < <(_millrace_values "$values" "$current")
  case "$values" in spec|run|file|folder) compopt -o filenames 2> /dev/null ;; esac
  case "\${COMPREPLY[0]:-}" in */|*=) compopt -o nospace 2> /dev/null ;; esac
  return 0
}
complete -F _millrace millrace
`;
}

function textOf(values: Values): string {
  return typeof values === "string" ? values : `words:${values.words.join(" ")}`;
}
