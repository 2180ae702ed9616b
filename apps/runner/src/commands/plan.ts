/** `millrace plan`: what a spec will do, before it does it. */
import { Command } from "commander";
import {
  type Line,
  locateFaults,
  type Override,
  type Plan,
  planLine,
  type SpecText,
} from "@millrace/core/spec";
import { readSpecs, setOption, specArgument, type Start } from "./command.js";
import { withLine } from "../compose.js";
import { exitCodes, failureRecord, failureText } from "../failure.js";
import { planPage } from "../plan/page.js";
import { planText } from "../plan/text.js";
import { writeWhole } from "../run/directory.js";
import { refuseOther } from "../run/replaceable.js";
import { shellWord } from "../view/shell-word.js";
import { openLog } from "../run/log.js";
import { shortest } from "../run/run-folder.js";
import type { Shell } from "../shell.js";

const help = `
Shape, element type and raggedness of every field behind every stage, down to what the model gives; steps of an epoch, what
is fitted, who makes the batches and what those made ahead take, parameters of each layer, memory of a step. Nothing is
trained: a few samples are read and passed on, two batches are made, the model is built and run forward once. Everything
that stands against training is listed, each at its line and column; the exit code is 1 then.

  $ millrace plan spec.json
  $ millrace plan spec.json --html plan.html
  $ millrace plan spec.json --set loader.batchSize=256 --json`;

export function plan(start: Start): Command {
  return new Command("plan")
    .description("tell what passes each stage of a spec's line, and what it will take, without training")
    .addArgument(specArgument())
    .addOption(setOption())
    .option("--html <file>", "draw the line as a picture, in one HTML page")
    .option("--json", "print the plan as one JSON line, and everything else to stderr")
    .addHelpText("after", help)
    .action((specs: readonly string[], options: PlanOptions) =>
      start((shell) => planSpec(specs, options, shell)),
    );
}

const page = {
  mark: '"kicker">Millrace plan<',
  what: "the page",
  older: "an older plan",
  hint: "Name another file with --html, such as plan.html.",
};

interface PlanOptions {
  readonly set?: readonly Override[];
  readonly html?: string;
  readonly json?: boolean;
}

/** The exit code. @throws MillraceError with every fault found; what is known is told first. */
async function planSpec(paths: readonly string[], options: PlanOptions, shell: Shell): Promise<number> {
  if (options.html !== undefined) await refuseOther(options.html, page);
  const terminal = options.json ? shell.err : shell.out;
  const warn = (message: string) => shell.err.write(`${shell.err.colors.yellow("warning:")} ${message}\n`);
  const { logger } = openLog({ verbose: shell.verbose, onWarning: warn });
  const path = paths.join(" ");
  const text = await readSpecs(paths, options.set);
  return withLine(text, logger, async (line) => {
    const made = await planLine(line);
    const of = { plan: made, labels: line.facts.labels, use: usesOf(line) };
    const { bold, green, cyan } = terminal.colors;
    terminal.write(`${[bold(path), ...planText(of, terminal.colors)].join("\n")}\n`);
    if (options.html !== undefined) {
      await writeWhole(options.html, planPage({ ...of, name: path, faults: faultLines(text, made) }));
      terminal.write(`\n  picture  ${cyan(shortest(options.html))}\n`);
    }
    if (options.json) shell.out.write(`${JSON.stringify(recordOf(text, made))}\n`);
    if (made.fault !== undefined) {
      if (!options.json) throw made.fault;
      shell.err.write(failureText(locateFaults(text, made.fault), shell.err.colors, shell.verbose));
      return exitCodes.fault;
    }
    terminal.write(
      `${green("all good:")} start it with \`millrace run ${paths.map(shellWord).join(" ")}\`\n`,
    );
    return exitCodes.ok;
  });
}

function usesOf({ spec }: Line) {
  return { collate: spec.loader.collate.use, model: spec.model.use, trainer: spec.trainer.use };
}

/** As the terminal has them, one line each. */
function faultLines(text: SpecText, { fault }: Plan): readonly string[] {
  if (fault === undefined) return [];
  const located = locateFaults(text, fault) as typeof fault;
  return located.details.length > 0 ? located.details : [located.describe()];
}

function recordOf(text: SpecText, { fault, ...rest }: Plan): object {
  const stages = rest.stages.map(({ split, stages: own }) => ({ split, stages: own }));
  return { ...rest, stages, ...(fault && { error: failureRecord(locateFaults(text, fault)) }) };
}
