/** `millrace compare`: several runs beside each other, in the terminal and as a page. */
import { dirname, join, relative, resolve } from "node:path";
import { Command } from "commander";
import { compared, type ComparedRun, type NamedRun } from "../compare/compared.js";
import { comparePage, generator } from "../compare/page.js";
import { comparisonRecord } from "../compare/record.js";
import { comparisonText } from "../compare/text.js";
import { exitCodes } from "../failure.js";
import { writeWhole } from "../run/directory.js";
import { runNames, runsAt } from "../run/find-runs.js";
import { runReader } from "../run/past-run.js";
import { shortest } from "../run/run-folder.js";
import { refuseOther } from "../run/replaceable.js";
import type { Shell } from "../shell.js";
import { plural } from "../view/format.js";
import type { Start } from "./command.js";

interface CompareOptions {
  readonly out?: string;
  readonly json?: boolean;
}

const page = {
  mark: generator,
  what: "the page",
  older: "an older comparison",
  hint: "Name another file with --out, such as comparison.html.",
};

const help = `
Runs may be unfinished, failed or resumed, and need not have the same metrics. A folder with runs in it stands for all of them.

Examples:
  $ millrace compare runs/digits-20260101-120000 runs/digits-20260102-090000
  $ millrace compare runs --out comparison.html
  $ millrace compare runs/* --json`;

export function compare(start: Start): Command {
  return new Command("compare")
    .description("show several runs beside each other: curves, metrics, what differs in their specs, times")
    .argument("<run...>", "folders of runs, or folders with runs in them")
    .option("-o, --out <file>", "write curves, metrics, differences and times as one HTML page")
    .option("--json", "print metrics, differences and times as JSON")
    .addHelpText("after", help)
    .action((paths: readonly string[], options: CompareOptions) =>
      start((shell) => compareRuns(paths, options, shell)),
    );
}

/** The exit code. @throws MillraceError FILE_NOT_FOUND, OUT_DIR */
async function compareRuns(
  paths: readonly string[],
  { out, json }: CompareOptions,
  shell: Shell,
): Promise<number> {
  if (out !== undefined) await refuseOther(out, page);
  const folders = await runsAt(paths);
  const names = runNames(folders);
  const runs = await Promise.all(
    folders.map(
      async (folder, i): Promise<NamedRun> => ({ ...(await runReader(folder).read()), name: names[i] }),
    ),
  );
  if (out !== undefined)
    await writeWhole(out, comparePage(runs, { reportOf: reportFrom(dirname(resolve(out))) }));
  const comparison = compared(runs);
  if (json) {
    const written = out === undefined ? {} : { page: resolve(out) };
    shell.out.write(`${JSON.stringify({ ...comparisonRecord(runs, comparison), ...written })}\n`);
    return exitCodes.ok;
  }
  const { colors } = shell.out;
  for (const line of comparisonText(comparison, shell.out.columns(), colors)) shell.out.write(`${line}\n`);
  const told =
    out === undefined
      ? colors.dim(`curves of ${plural(runs.length, "run")}: --out comparison.html`)
      : `page  ${colors.cyan(shortest(out))}`;
  shell.out.write(`\n${told}\n`);
  return exitCodes.ok;
}

/** A page links to the reports that are beside it. */
export function reportFrom(folder: string): (compared: ComparedRun) => string | undefined {
  return ({ run }) => {
    if (!run.hasReport) return undefined;
    const path = relative(folder, join(run.folder, "report.html"));
    return path.split(/[\\/]/).map(encodeURIComponent).join("/");
  };
}
