/** `millrace preview`: a few batches as the model gets them. */
import { Command, Option } from "commander";
import { join } from "node:path";
import { MillraceError } from "@millrace/core";
import { type DataLoader, type SplitName, splitNames } from "@millrace/core/dataloader";
import { knownLength, type Line, noSplit, type Override, sampleFault } from "@millrace/core/spec";
import { wholeFrom, readSpecs, setOption, specArgument, type Start, wholeNumber } from "./command.js";
import { withLine } from "../compose.js";
import { exitCodes } from "../failure.js";
import { keep, type Looked, type LookedBatch } from "../preview/looked.js";
import { show } from "../preview/show.js";
import { specName } from "../run/directory.js";
import { openLog } from "../run/log.js";
import { dataText } from "../view/narrate.js";
import type { Shell } from "../shell.js";

const help = `
Every field with its range, its blanks and a small histogram; tokens above their ids, padding told as such; sounds as the
swing of their parts; the balance of classes. Pictures go into a contact sheet (PNG), and where training changes them at
random, into a second one: the source's picture, and the same sample in the first epochs. The batches are those that
training with this spec gets; nothing is trained.

  $ millrace preview spec.json
  $ millrace preview spec.json --split validation --batches 4
  $ millrace preview spec.json --augmentations 8 --out /tmp/look
  $ millrace preview spec.json --epoch 3 --json`;

export function preview(start: Start): Command {
  return new Command("preview")
    .description("show a few batches as the model gets them: pictures, tables, tokens, classes")
    .addArgument(specArgument())
    .addOption(setOption())
    .addOption(new Option("--split <name>", "whose batches").choices(splitNames).default("train"))
    .option("--batches <n>", "how many batches, the first ones of the epoch", wholeNumber, 1)
    .option("--epoch <n>", "which epoch, from 0", epochNumber, 0)
    .option("--augmentations <n>", "epochs that pictures are shown in; 0 for none", epochNumber, 5)
    .option("-o, --out <folder>", "where pictures go (default: previews/<name>)")
    .option("--json", "print what was seen as one JSON line, and everything else to stderr")
    .addHelpText("after", help)
    .action((specs: readonly string[], options: PreviewOptions) =>
      start((shell) => previewSpec(specs, options, shell)),
    );
}

const epochNumber = wholeFrom(0);

interface PreviewOptions {
  readonly set?: readonly Override[];
  readonly split: SplitName;
  readonly batches: number;
  readonly epoch: number;
  readonly augmentations: number;
  readonly out?: string;
  readonly json?: boolean;
}

/** The exit code. @throws MillraceError for every fault that has a name. */
async function previewSpec(paths: readonly string[], options: PreviewOptions, shell: Shell): Promise<number> {
  const terminal = options.json ? shell.err : shell.out;
  const warn = (message: string) => shell.err.write(`${shell.err.colors.yellow("warning:")} ${message}\n`);
  const { logger } = openLog({ verbose: shell.verbose, onWarning: warn });
  const text = await readSpecs(paths, options.set);
  return withLine(text, logger, async (line) => {
    const { split, out = join("previews", specName(paths[paths.length - 1])) } = options;
    terminal.write(`${terminal.colors.bold(paths.join(" "))}\n  ${dataText(line)}\n`);
    const looked = await look(line, options);
    const record = await show(looked, {
      terminal,
      out,
      samples: line.samples[split],
      augmentations: options.augmentations,
      balance: true,
      warn,
    });
    if (options.json) shell.out.write(`${JSON.stringify({ spec: paths, ...record })}\n`);
    return exitCodes.ok;
  });
}

async function look(line: Line, { split, batches, epoch }: PreviewOptions): Promise<Looked> {
  const { loaders, facts, inverses, spec, samples } = line;
  const loader = loaders[split];
  if (loader === undefined) throw noSplit(split, Object.keys(loaders));
  const taking =
    samples[split] === undefined ? firstOf(loader, epoch, batches) : numbered(loader, epoch, batches);
  const taken = await taking.catch((error: unknown) => {
    throw sampleFault(error, spec);
  });
  if (taken.length === 0) {
    throw new MillraceError("SPLIT_INVALID", `the ${split} split must yield at least one batch, was empty`, {
      hint: "Give it more samples, a smaller batchSize, or dropLast false.",
      path: ["loader"],
    });
  }
  return { split, loader, batches: taken, facts, inverses, target: targetOf(spec) };
}

/** Made in this thread, one by one: no worker has to start. */
async function numbered(loader: DataLoader, epoch: number, batches: number): Promise<LookedBatch[]> {
  const taken: LookedBatch[] = [];
  const steps = Math.min(batches, knownLength(loader) ?? batches);
  for (let step = 0; step < steps; step++) taken.push(keep(await loader.batchAt(epoch, step), loader));
  return taken;
}

/** Of a stream, whose batches depend on the number of its workers. */
async function firstOf(loader: DataLoader, epoch: number, batches: number): Promise<LookedBatch[]> {
  const taken: LookedBatch[] = [];
  for await (const batch of loader.batches(epoch)) {
    taken.push(keep(batch, loader));
    if (taken.length === batches) break;
  }
  return taken;
}

/** The target's key, where the trainer's options say so under the usual name. */
export function targetOf({ trainer }: Line["spec"]): string {
  const { target } = trainer.with as { readonly target?: unknown };
  return typeof target === "string" ? target : "label";
}
