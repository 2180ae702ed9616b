/** `millrace run`: trains what a spec says, in a directory of its own. */
import { Command } from "commander";
import { specName } from "../run/directory.js";
import { readSpecs, specArgument, type Start, trainingOptions } from "./command.js";
import { launch } from "./launch.js";
import type { LaunchOptions } from "./launch-session.js";

const help = `
Of several specs each is laid over those before it: \`millrace run base.json gpu.yaml\`.
The run folder gets spec.json (every default filled in), metrics.jsonl, log.jsonl, run.json, report.html, event files for
\`tensorboard --logdir\`, and the model.
Press Ctrl-C once to stop after the present step and keep what was learned; twice to quit at once.`;

export function run(start: Start): Command {
  return trainingOptions(new Command("run"))
    .description("train what a spec describes")
    .addArgument(specArgument())
    .option("-r, --resume <run>", "go on where another run of this spec stopped: its folder, or a checkpoint")
    .addHelpText("after", help)
    .action((paths: readonly string[], options: LaunchOptions) => {
      const [path] = paths;
      const files = paths.length > 1 ? paths : undefined;
      const text = () => readSpecs(paths, options.set);
      return start((shell) =>
        launch({ name: specName(path), path, ...(files && { files }), text }, options, shell),
      );
    });
}
