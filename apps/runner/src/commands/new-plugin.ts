/** `millrace new source`, `transform` and so on: a plugin of one's own, with its test, as a package. */
import { relative } from "node:path";
import { Command } from "commander";
import type { Start } from "./command.js";
import { exitCodes } from "../failure.js";
import { pluginFiles, pluginName, type PluginTemplate } from "../project/plugin-files.js";
import { writeNew } from "../project/write.js";
import { shellWord } from "../view/shell-word.js";
import type { Shell } from "../shell.js";

const abouts: Readonly<Record<PluginTemplate, string>> = {
  source: "write a source: where samples come from",
  transform: "write a transform: what a sample passes through",
  collate: "write a collate function: how samples become a batch",
  sampler: "write a sampler: the order of an epoch",
  "batch-sampler": "write a batch sampler: which samples go together",
  model: "write a model in code: weights, and a function of them",
};

export function newPlugin(template: PluginTemplate, start: Start): Command {
  const help = `
TypeScript with its contract test, README and an example that trains, as a package that npm takes. Nothing is overwritten.

Examples:
  $ millrace new ${template} readings
  $ cd readings && npm install && npm test && npm run example`;
  return new Command(template)
    .description(abouts[template])
    .argument("<folder>", "the plugin's folder, which is made; its name is the plugin's")
    .option("--json", "print one JSON line")
    .addHelpText("after", help)
    .action((folder: string, options: { readonly json?: boolean }) =>
      start((shell) => makePlugin(template, folder, options, shell)),
    );
}

async function makePlugin(
  template: PluginTemplate,
  folder: string,
  { json = false }: { readonly json?: boolean },
  { out }: Shell,
): Promise<number> {
  const files = await writeNew(folder, pluginFiles(template, folder));
  const name = pluginName(folder);
  if (json) {
    out.write(`${JSON.stringify({ folder, kind: template, name, files })}\n`);
    return exitCodes.ok;
  }
  const { cyan, dim, green } = out.colors;
  out.write(`  wrote    ${files.join(", ")} ${dim(`in ${folder}`)}\n`);
  const here = relative(process.cwd(), folder) === "" ? [] : [`cd ${shellWord(folder)}`];
  const steps = [...here, "npm install", "npm test", "npm run example"];
  out.write(`${green("next:")}\n${steps.map((step) => `  ${cyan(step)}\n`).join("")}`);
  return exitCodes.ok;
}
