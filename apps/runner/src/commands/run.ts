/** `millrace run`: trains what a spec says, in a directory of its own. */
import { readSpec } from "@millrace/core/spec";
import { Command } from "commander";
import { specName } from "../run/directory.js";
import { type Start, trainingOptions } from "./command.js";
import { launch, type LaunchOptions } from "./launch.js";

const help = `
The run folder gets spec.json (every default filled in), metrics.jsonl, log.jsonl, run.json, report.html, event files for
\`tensorboard --logdir\`, and the model.
Press Ctrl-C once to stop after the present step and keep what was learned; twice to quit at once.`;

export function run(start: Start): Command {
  return trainingOptions(new Command("run"))
    .description("train what a spec describes")
    .argument("<spec>", "the JSON spec; comments and trailing commas are fine")
    .option("-r, --resume <run>", "go on where another run of this spec stopped: its folder, or a checkpoint")
    .addHelpText("after", help)
    .action((path: string, options: LaunchOptions) => {
      const text = () => readSpec(path, options.set ?? []);
      return start((shell) => launch({ name: specName(path), path, text }, options, shell));
    });
}
