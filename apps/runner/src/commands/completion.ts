/** `millrace completion`: what lets a shell complete commands, options, specs and runs. */
import { Argument, Command } from "commander";
import type { Start } from "./command.js";
import { bashScript } from "../completion/bash.js";
import { fishScript } from "../completion/fish.js";
import { completedCommands } from "../completion/model.js";
import { zshScript } from "../completion/zsh.js";
import { exitCodes } from "../failure.js";

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

type ShellName = keyof typeof scripts;

const help = `
The script that it prints knows this version's commands: load it anew after an update.

Examples:
  $ source <(millrace completion bash)                 # for this terminal; in ~/.bashrc for all
  $ millrace completion bash > ~/.local/share/bash-completion/completions/millrace
  $ source <(millrace completion zsh)                  # in ~/.zshrc, behind compinit
  $ millrace completion fish > ~/.config/fish/completions/millrace.fish`;

/** \`root\` is the program, whose commands are told. */
export function completion(root: Command, start: Start): Command {
  return new Command("completion")
    .description("print what lets a shell complete commands, options, specs and runs")
    .addArgument(new Argument("<shell>", "the shell").choices(Object.keys(scripts)))
    .addHelpText("after", help)
    .action((shell: ShellName) =>
      start(({ out }) => {
        out.write(scripts[shell](completedCommands(root)));
        return Promise.resolve(exitCodes.ok);
      }),
    );
}
