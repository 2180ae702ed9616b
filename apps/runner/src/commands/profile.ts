/** `millrace profile`: where the time of training goes, and which changes to the spec were measured to help. */
import { readFile } from "node:fs/promises";
import { type Logger, MillraceError } from "@millrace/core";
import type { Override, SpecText } from "@millrace/core/spec";
import { Command, Option } from "commander";
import { refuseGroup, withLine, withSpec } from "../compose.js";
import { exitCodes } from "../failure.js";
import { listen } from "../interrupt.js";
import { adviceOf, appliedText, type Origin, type Trial, tryAll } from "../profile/advise.js";
import { type Candidate, candidatesFor } from "../profile/candidates.js";
import { look, type Looked } from "../profile/look.js";
import { enoughSteps, measuringOf } from "../profile/measure.js";
import { profileLines, trialLines } from "../profile/text.js";
import { writeWhole } from "../run/directory.js";
import { openLog } from "../run/log.js";
import type { Shell } from "../shell.js";
import { type View, viewOf } from "../view/view.js";
import { readSpecs, setOption, specArgument, type Start, wholeNumber } from "./command.js";

const help = `
Trains for some steps in a folder that is removed again, and tells where the time went. Then it tries changes that may
help there, one after the other: three to five pairs of runs, without and with it in turn. Advised is what was faster in each
pair, and on average by more than the pairs differ (a paired t-test, 95%); everything that was tried is listed with its figures.
A change that would make results differ says so. Figures of a machine that does other things meanwhile vary, and less is advised.

  $ millrace profile spec.json
  $ millrace profile spec.json --steps 200 --no-try          # only where the time goes
  $ millrace profile spec.json --apply                       # writes what leaves every batch as it is into spec.json
  $ millrace profile spec.json --apply all                   # and what changes results too`;

/** How long each run is timed. */
const usualSeconds = 2;

interface ProfileOptions {
  readonly set?: readonly Override[];
  readonly steps?: number;
  readonly try: boolean;
  readonly apply?: "same" | "all";
  readonly json?: boolean;
}

export function profile(start: Start): Command {
  return new Command("profile")
    .description("see where the time of training goes, and which changes to the spec help")
    .addArgument(specArgument())
    .addOption(setOption())
    .option(
      "--steps <count>",
      "steps that are timed, after a fifth as many that are not (default: as many as fill 2 seconds)",
      wholeNumber,
    )
    .option("--no-try", "only tell where the time goes")
    .addOption(
      new Option(
        "--apply [which]",
        "write what helps into the spec's file, comments kept: what leaves batches the same, or all",
      )
        .choices(["same", "all"])
        .preset("same"),
    )
    .option("--json", "print the result as one JSON line, and everything else to stderr")
    .addHelpText("after", help)
    .action((paths: readonly string[], options: ProfileOptions) =>
      start((shell) => profileSpec(paths, options, shell)),
    );
}

/** The exit code. @throws MillraceError for every fault that has a name. */
async function profileSpec(paths: readonly string[], options: ProfileOptions, shell: Shell): Promise<number> {
  await refuseGroup("profile", process.env);
  if (options.apply !== undefined && !options.try) {
    const what = "--apply needs changes that were tried, but --no-try tries none";
    throw new MillraceError("OPTION_INVALID", what, { hint: "Leave one of the two out." });
  }
  if (options.apply !== undefined && paths.length > 1) {
    const what = `--apply writes into one spec, but was given ${paths.length}`;
    throw new MillraceError("OPTION_INVALID", what, { hint: "Write by hand what helps, where it belongs." });
  }
  const terminal = options.json ? shell.err : shell.out;
  const view = viewOf(terminal);
  const interrupt = listen(() => view.busy("stopping …"));
  const origin = { paths, set: options.set ?? [] };
  try {
    const { signal } = interrupt;
    const logger = warnOnce(view, terminal.colors.yellow("warning:"), shell.verbose);
    const text = await readSpecs(paths, origin.set);
    view.busy("timing the spec as it is …");
    const { measuring, ...looked } = await withLine(text, logger, async (line) => {
      const { steps } = options;
      const asked = steps === undefined ? undefined : measuringOf(steps, signal);
      const chosen = asked ?? (await enoughSteps(line, usualSeconds, signal));
      return { measuring: chosen, ...(await look(line, chosen)) };
    });
    for (const line of profileLines(looked, terminal.colors)) view.print(line);
    const candidates = options.try ? await candidatesIn(text, looked, logger) : [];
    const busy = (what: string) => view.busy(`trying ${what} …`);
    const trials = await tryAll(origin, candidates, { ...measuring, logger, busy });
    const advice = adviceOf(trials);
    if (options.try) for (const line of trialLines(trials, advice, terminal.colors)) view.print(line);
    const applied = await apply(origin, advice, options, view);
    const { timed, ...more } = looked;
    const result = { specs: paths, ...timed, ...more, advice, trials, applied };
    if (options.json) shell.out.write(`${JSON.stringify(result)}\n`);
    return exitCodes.ok;
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    view.print("stopped; nothing was written");
    return interrupt.exitCode();
  } finally {
    view.close();
    interrupt.close();
  }
}

function candidatesIn(text: SpecText, looked: Looked, logger: Logger): Promise<Candidate[]> {
  return withSpec(text, logger, ({ spec, options: { registry } }) =>
    Promise.resolve(candidatesFor({ ...looked, spec, registry })),
  );
}

/** What is warned of would be so in every run that is timed. */
function warnOnce(view: View, label: string, verbose: boolean) {
  const warned = new Set<string>();
  const onWarning = (message: string): void => {
    if (!warned.has(message)) view.print(`${label} ${message}`);
    warned.add(message);
  };
  return openLog({ verbose, onWarning }).logger;
}

/** Writes what was asked for into the spec's file; what was written. */
async function apply(
  origin: Origin,
  advice: readonly Trial[],
  { apply: which }: ProfileOptions,
  view: View,
): Promise<string[]> {
  if (which === undefined) return [];
  const [path] = origin.paths;
  const taken = advice.filter(({ changes }) => which === "all" || changes === undefined);
  if (taken.length > 0) {
    const edits = taken.flatMap((trial) => trial.edits);
    const text = await appliedText(origin, await readFile(path, "utf8"), edits);
    await writeWhole(path, text);
  }
  const left = advice.length - taken.length;
  view.print("");
  view.print(
    taken.length > 0
      ? `written to ${path}: ${taken.map(({ what }) => what).join("; ")}`
      : `nothing to write to ${path}`,
  );
  if (left > 0) view.print("what changes results is left to you, or to --apply all");
  return taken.map(({ what }) => what);
}
