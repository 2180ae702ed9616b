/** `millrace resume`: the spec of an earlier run again, from where that run stopped. */
import { Command } from "commander";
import { findRun } from "../run/run-folder.js";
import { type Start, trainingOptions } from "./command.js";
import { launch } from "./launch.js";
import type { LaunchOptions } from "./launch-session.js";

const help = `
Same as \`millrace run SPEC --resume RUN\` with the spec that the run kept: the weights at the end are those of a run that
was never stopped. A run that has ended goes on with more epochs: --set trainer.with.epochs=20.`;

export function resume(start: Start): Command {
  return trainingOptions(new Command("resume"))
    .description("go on where a run stopped, in a folder of its own")
    .argument("<run>", "the folder of that run, or one of its checkpoints")
    .addHelpText("after", help)
    .action((path: string, options: LaunchOptions) =>
      start(async (shell) => {
        const found = await findRun(path);
        const text = () => found.spec(options.set ?? []);
        return launch({ name: found.name, path: found.specPath, text }, { ...options, resume: path }, shell);
      }),
    );
}
