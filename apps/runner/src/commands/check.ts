/** `millrace check`: is the spec right, is the data there, and could the model be trained on it? */
import { Command } from "commander";
import { type CheckResult, type Line, type Override, planLine } from "@millrace/core/spec";
import { readSpecs, setOption, specArgument, type Start } from "./command.js";
import { withLine } from "../compose.js";
import { exitCodes } from "../failure.js";
import { formText } from "../plan/words.js";
import { openLog } from "../run/log.js";
import { plural } from "../view/format.js";
import { shellWord } from "../view/shell-word.js";
import { dataText } from "../view/narrate.js";
import type { Shell } from "../shell.js";

export function check(start: Start): Command {
  return new Command("check")
    .description("see whether a spec is right and its data is there, without training")
    .addArgument(specArgument())
    .addOption(setOption())
    .action((specs: readonly string[], { set }: { readonly set?: readonly Override[] }) =>
      start((shell) => checkSpec(specs, set, shell)),
    );
}

/** The exit code. @throws MillraceError with every fault found. */
async function checkSpec(
  paths: readonly string[],
  set: readonly Override[] | undefined,
  { out, err, verbose }: Shell,
): Promise<number> {
  const warn = (message: string) => err.write(`${err.colors.yellow("warning:")} ${message}\n`);
  const { logger } = openLog({ verbose, onWarning: warn });
  const words = paths.map(shellWord).join(" ");
  return withLine(await readSpecs(paths, set), logger, async (line) => {
    const { bold, green } = out.colors;
    const { labels } = line.facts;
    const plan = await planLine(line);
    if (plan.fault !== undefined) throw plan.fault;
    out.write(`${bold(words)}\n`);
    out.write(`  data     ${dataText(line)}\n`);
    for (const { use, samples } of line.fitted) {
      out.write(`  fitted   ${use}, to ${plural(samples, "training sample")}\n`);
    }
    if (labels !== undefined) out.write(`  classes  ${listed(labels)}\n`);
    for (const field of plan.batch?.fields ?? [])
      out.write(`  batch    ${`${field.name} ${formText(field)}`.trimStart()}\n`);
    for (const text of trained(line, plan.trained)) out.write(`  ${text}\n`);
    out.write(`${green("all good:")} start it with \`millrace run ${words}\`\n`);
    return exitCodes.ok;
  });
}

/** "model layers, 130 parameters" and "trainer tfjs on wasm"; less where the trainer cannot be asked. */
function trained({ spec: { model, trainer } }: Line, checked: CheckResult | undefined): string[] {
  if (checked === undefined)
    return [`model    ${model.use}`, `trainer  ${trainer.use}, which cannot be tried`];
  const { parameters, device } = checked;
  return [
    `model    ${model.use}, ${plural(parameters, "parameter")}`,
    `trainer  ${trainer.use} on ${device}`,
  ];
}

const mostListed = 12;

function listed(names: readonly string[]): string {
  const more = names.length - mostListed;
  return more > 0 ? `${names.slice(0, mostListed).join(", ")} and ${more} more` : names.join(", ");
}
