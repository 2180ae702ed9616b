/** `millrace ui`: the runs of a folder in a browser, live, on this machine alone. */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { MillraceError } from "@millrace/core";
import { Command } from "commander";
import { exitCodes } from "../failure.js";
import { listen } from "../interrupt.js";
import { shortest } from "../run/run-folder.js";
import type { Shell } from "../shell.js";
import { openBrowser } from "../ui/open-browser.js";
import { startUi } from "../ui/server.js";
import { type Start, wholeFrom } from "./command.js";

interface UiOptions {
  readonly port: number;
  readonly open: boolean;
  readonly json?: boolean;
}

const help = `
The server answers on 127.0.0.1 alone, and only to who has the address that it prints, which is another one each time.
Runs may be made while it goes on. Ctrl-C ends it.

Examples:
  $ millrace ui
  $ millrace ui runs --port 7000 --no-open`;

export function ui(start: Start): Command {
  return new Command("ui")
    .description("show a folder of runs in the browser: live curves, comparisons, reports")
    .argument("[folder]", "where the runs are", "runs")
    .option("-p, --port <number>", "the port, one that is free if not given", wholeFrom(0, 65_535), 0)
    .option("--no-open", "do not open the browser")
    .option("--json", "print the address as one JSON line, and open no browser")
    .addHelpText("after", help)
    .action((folder: string, options: UiOptions) => start((shell) => showRuns(folder, options, shell)));
}

/** The exit code, when a signal has ended it. @throws MillraceError FILE_NOT_FOUND, OPTION_INVALID */
async function showRuns(folder: string, { port, open, json }: UiOptions, shell: Shell): Promise<number> {
  const path = resolve(folder);
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) {
    throw new MillraceError("FILE_NOT_FOUND", `${folder} must be a folder of runs, but is no folder`, {
      hint: "Name the folder that your runs are in; `millrace run` makes them under runs/.",
    });
  }
  const interrupt = listen(() => undefined);
  const server = await startUi({ folder: path, title: shortest(path), port }).catch((error: unknown) => {
    interrupt.close();
    throw error;
  });
  const { out } = shell;
  if (json) out.write(`${JSON.stringify({ url: server.url, port: server.port, folder: path })}\n`);
  else
    out.write(
      `runs in ${shortest(path)}: ${out.colors.cyan(server.url)}\n${out.colors.dim("Ctrl-C ends it")}\n`,
    );
  const clean = open && !json && out.live ? await openBrowser(server.url) : undefined;
  try {
    await aborted(interrupt.signal);
    return exitCodes.ok;
  } finally {
    await server.close();
    await clean?.();
    interrupt.close();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    signal.addEventListener("abort", () => done(), { once: true });
  });
}
