/** `millrace export`: a run's model in a folder of its own, with all that another program needs. */
import { Command } from "commander";
import { mkdir, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { MillraceError } from "@millrace/core";
import {
  type ExportFormat,
  type ExportResult,
  fittedFile,
  openPrediction,
  writeFitted,
} from "@millrace/core/spec";
import { preprocessingOf, readmeOf } from "./export-files.js";
import { serverFormat, writeServer } from "./export-server.js";
import { stepsOf } from "./input-steps.js";
import { type Start, trainedOptions } from "./command.js";
import { type AfterOptions, cannot, type Taken, withRun } from "./with-run.js";
import { exitCodes } from "../failure.js";
import { refuseUsed } from "../run/directory.js";
import { fittedName, known, shortest } from "../run/run-folder.js";
import { writeFault } from "../run/write-fault.js";
import type { Shell } from "../shell.js";

const help = `
The folder also gets preprocessing.json (what must be done to an input), labels.json, and a README with a short program
for each place where the model can be loaded. server.mjs answers predictions over HTTP: \`npm install && npm start\` there.

  $ millrace export runs/digits-20260101-120000 --to digits-model`;

/** Not called `export`, which is a word of the language. */
export function exportCommand(start: Start): Command {
  return trainedOptions(new Command("export"))
    .description("write a run's model, and all that another program needs, into a folder")
    .argument("<run>", "the folder of the run")
    .requiredOption("--to <folder>", "where it goes, new or empty")
    .option(
      "--format <names>",
      "tfjs-layers, tfjs-graph, safetensors, server, divided by commas, or all",
      "all",
    )
    .option("--json", "print what was written as one JSON line, and everything else to stderr")
    .addHelpText("after", help)
    .action((path: string, options: ExportOptions) => start((shell) => exportRun(path, options, shell)));
}

interface ExportOptions extends AfterOptions {
  /** A new or empty folder. */
  readonly to: string;
  /** Names of formats, or "all". */
  readonly format: string;
  readonly json?: boolean;
}

/** The exit code. @throws MillraceError for every fault that has a name. */
function exportRun(path: string, options: ExportOptions, shell: Shell): Promise<number> {
  const terminal = options.json ? shell.err : shell.out;
  return withRun(path, options, { command: "export", terminal, verbose: shell.verbose }, async (taken) => {
    await refuseUsed(options.to, "--to");
    const { view } = taken;
    const result = await writeWhole(options.to, (folder) => write(folder, options.format, taken));
    for (const { format, reason } of result.skipped) {
      view.print(`${terminal.colors.yellow("left out:")} ${format}: ${reason}`);
    }
    view.print(`\n  ${terminal.colors.cyan(`${shortest(options.to)}/`)}`);
    for (const { path: file, about } of result.files)
      view.print(`    ${file}  ${terminal.colors.dim(about)}`);
    if (options.json) shell.out.write(`${JSON.stringify({ folder: resolve(options.to), ...result })}\n`);
    return exitCodes.ok;
  });
}

async function write(folder: string, format: string, taken: Taken): Promise<Omit<ExportResult, "examples">> {
  const { composition, facts } = taken;
  const line = await openPrediction(composition.spec, known(facts), composition.options);
  try {
    const { trainer } = line;
    if (trainer.export === undefined) throw cannot(composition.spec.trainer.use, "export");
    const { exportFormats = [] } = trainer;
    const all = trainer.predict === undefined ? exportFormats : [...exportFormats, serverFormat];
    const formats = chosen(format, all);
    const steps = stepsOf(composition, facts, line.inputs?.about);
    const { examples, ...result } = await trainer.export({ ...taken.context(line), folder, formats, steps });
    if (result.files.length === 0 && !formats.includes(serverFormat.name)) {
      const [{ reason }] = result.skipped;
      throw new MillraceError("OPTION_INVALID", `the model cannot be exported as ${format}: ${reason}`, {
        hint: "Take --format all, which writes what can be written.",
      });
    }
    const preprocessing = preprocessingOf(composition, facts, steps, result.output);
    const imported = examples.flatMap((example) => example.parts ?? []);
    const parts = [...new Map(imported.map((part) => [part.file, part])).values()];
    const server = formats.includes(serverFormat.name)
      ? await writeServer(folder, taken, result.weights)
      : undefined;
    const served = typeof server === "string" ? undefined : server;
    const { fitted = [] } = composition.options;
    await writeFitted(join(folder, fittedName), fitted);
    const own = [
      { path: "preprocessing.json", about: "what must be done to an input, its form, and what comes out" },
      {
        path: "labels.json",
        about: "the names of the labels in the order of the outputs; null if there are none",
      },
      ...fitted.map((each) => ({
        path: `${fittedName}/${fittedFile(each)}.json`,
        about: `what ${each.use} learned from the training samples; its arrays beside it, as safetensors`,
      })),
      ...examples.map(({ file, place }) => ({ path: file, about: `an example for ${place}` })),
      ...parts.map(({ file, about }) => ({ path: file, about })),
      ...(served?.files ?? []),
      { path: "README.md", about: "how to use all this" },
    ];
    const files = [...result.files, ...own];
    const texts: Readonly<Record<string, string>> = {
      "preprocessing.json": `${JSON.stringify(preprocessing, null, 2)}\n`,
      "labels.json": `${JSON.stringify(facts.labels ?? null)}\n`,
      "README.md": readmeOf({ taken, result: { ...result, files }, examples, preprocessing, served }),
      ...Object.fromEntries([...examples, ...parts].map(({ file, text }) => [file, text])),
    };
    for (const [file, text] of Object.entries(texts)) await writeFile(join(folder, file), text);
    const skipped = typeof server === "string" ? [{ format: "server.mjs", reason: server }] : [];
    return { ...result, files, skipped: [...result.skipped, ...skipped] };
  } finally {
    await line.close();
  }
}

function chosen(format: string, known: readonly ExportFormat[]): string[] {
  const names = known.map(({ name }) => name);
  if (format === "all") return names;
  const asked = format.split(",");
  const stray = asked.find((name) => !names.includes(name));
  if (stray === undefined) return asked;
  throw new MillraceError(
    "OPTION_INVALID",
    `--format must be one of ${names.join(", ")}, or all; was ${stray}`,
    {
      hint: "Several are divided by commas.",
    },
  );
}

/** Fills a folder beside `to`, which then takes its place: it is there whole or not at all. */
async function writeWhole<T>(to: string, fill: (folder: string) => Promise<T>): Promise<T> {
  const full = resolve(to);
  const partial = join(dirname(full), `.${basename(full)}.partial-${process.pid}`);
  await mkdir(partial, { recursive: true }).catch((cause: unknown) => {
    throw writeFault(to, cause);
  });
  try {
    const made = await fill(partial);
    // Windows does not let a folder take the place of another, not even of an empty one.
    await rmdir(full).catch(() => {});
    await rename(partial, full);
    return made;
  } catch (error) {
    await rm(partial, { recursive: true, force: true }).catch(() => {});
    throw writeFault(to, error);
  }
}
