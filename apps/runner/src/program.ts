/** The command line: the list of commands. Each is a file of its own, with its options and its help. */
import { didYouMean, MillraceError } from "@millrace/core";
import { Command } from "commander";
import { check } from "./commands/check.js";
import { compare } from "./commands/compare.js";
import type { Start } from "./commands/command.js";
import { completion } from "./commands/completion.js";
import { devices } from "./commands/devices.js";
import { doctor } from "./commands/doctor.js";
import { evaluate } from "./commands/evaluate.js";
import { exportCommand } from "./commands/export.js";
import { newCommand } from "./commands/new.js";
import { plan } from "./commands/plan.js";
import { plugins } from "./commands/plugins.js";
import { predict } from "./commands/predict.js";
import { printSpec } from "./commands/print-spec.js";
import { profile } from "./commands/profile.js";
import { preview } from "./commands/preview.js";
import { replay } from "./commands/replay.js";
import { resume } from "./commands/resume.js";
import { run } from "./commands/run.js";
import { schema } from "./commands/schema.js";
import { testPlugin } from "./commands/test-plugin.js";
import { ui } from "./commands/ui.js";
import { sweep } from "./commands/sweep.js";
import { usageCode } from "./failure.js";
import type { Shell } from "./shell.js";
import { version } from "./version.js";

/** In the order of `millrace --help`. */
const commands = [
  run,
  resume,
  sweep,
  evaluate,
  exportCommand,
  predict,
  compare,
  ui,
  check,
  plan,
  printSpec,
  schema,
  profile,
  preview,
  replay,
  newCommand,
  devices,
  doctor,
  plugins,
  testPlugin,
];

/** Runs one command with the shell made for it; `verbose` is the command line's own wish. */
export type Perform = (action: (shell: Shell) => Promise<number>, verbose: boolean) => Promise<void>;

const examples = `
Examples:
  $ millrace new project wine --from winequality.csv
  $ millrace run spec.json
  $ millrace run base.yaml gpu.yaml
  $ millrace run spec.json --set trainer.with.epochs=20 --set loader.batchSize=128
  $ millrace resume runs/spec-20260101-120000
  $ millrace evaluate runs/spec-20260101-120000 --split test
  $ millrace predict runs/spec-20260101-120000 photo.png
  $ millrace compare runs --out comparison.html
  $ millrace ui runs
  $ millrace check spec.json
  $ millrace plan spec.json --html plan.html
  $ millrace preview spec.json
  $ millrace replay runs/spec-20260101-120000 --epoch 3 --step 1207
  $ millrace plugins transform

Exit codes:
  0 all went well · 1 the spec, the data or the training has a fault · 2 the command line was not understood
  130 stopped by Ctrl-C (143 by SIGTERM) · 70 an error nobody expected`;

export function program(perform: Perform): Command {
  const root = new Command("millrace")
    .description("Trains what a spec describes: data, loader, model and trainer.")
    .version(version, "-V, --version", "show the version")
    .option("--verbose", "say more: debug lines in the log, stack traces with errors")
    .helpOption("-h, --help", "show help")
    .helpCommand(false)
    .addHelpText("after", examples);
  const start: Start = (action) => perform(action, root.opts<{ verbose?: boolean }>().verbose ?? false);
  for (const command of commands) root.addCommand(command(start).copyInheritedSettings(root));
  root.addCommand(completion(root, start).copyInheritedSettings(root));
  return root.addCommand(help(root).copyInheritedSettings(root));
}

/** Commander's own shows the whole program's help for a topic that it does not know, without saying so. */
function help(root: Command): Command {
  return new Command("help")
    .description("show help for a command")
    .argument("[command]")
    .action((topic?: string) => {
      const names = root.commands.map((command) => command.name());
      const found = topic === undefined ? root : root.commands[names.indexOf(topic)];
      found?.help();
      const hint = `Known: ${names.join(", ")}.`;
      throw new MillraceError(usageCode, `there is no help for "${topic}"${didYouMean(topic ?? "", names)}`, {
        hint,
      });
    });
}
