/** What a launch has from its beginning: what it shows, where it logs, and Ctrl-C. */
import { MillraceError } from "@millrace/core";
import type { Override, SpecText } from "@millrace/core/spec";
import { failureRecord } from "../failure.js";
import { type Interrupt, listen } from "../interrupt.js";
import { type BadSamples, badSamples } from "../run/bad-samples.js";
import { openLog, type RunLog } from "../run/log.js";
import type { Ranks } from "../run/ranks.js";
import type { Shell } from "../shell.js";
import type { Terminal } from "../view/terminal.js";
import { silentView, type View, viewOf } from "../view/view.js";

export interface LaunchOptions {
  /** Where the run goes; a new or empty directory. */
  readonly out?: string;
  readonly set?: readonly Override[];
  /** The folder of a run, or one of its checkpoints, that this run goes on from. */
  readonly resume?: string;
  /** One JSON line on stdout at the end, all else on stderr. */
  readonly json?: boolean;
  /** Log lines instead of lines for a person. */
  readonly logJson?: boolean;
  /** Event files for TensorBoard; written unless false. */
  readonly tensorboard?: boolean;
}

/** A spec that is still to be read. */
export interface Origin {
  readonly name: string;
  /** Relative paths in the spec start beside it. */
  readonly path: string;
  /** Where the spec is in several files laid over each other: all of them. */
  readonly files?: readonly string[];
  text(): Promise<SpecText>;
}

/** What a launch has from its beginning to its end. */
export interface Session {
  readonly origin: Origin;
  readonly options: LaunchOptions;
  readonly terminal: Terminal;
  readonly view: View;
  readonly log: RunLog;
  readonly interrupt: Interrupt;
  readonly bad: BadSamples;
  readonly ranks: Ranks;
  /** Whether a first Ctrl-C has nothing to save, something, or nothing any more. */
  phase: "opening" | "training" | "ending";
}

/** Other ranks keep what they meet until all have ended. */
export function badTeller({ bad, ranks }: Session): BadSamples["add"] {
  if (ranks.group.size === 1) return bad.add;
  return (sample) => {
    ranks.bad.push(sample);
    if (ranks.isFirst) bad.add(sample);
  };
}

export function openSession(origin: Origin, options: LaunchOptions, shell: Shell, ranks: Ranks): Session {
  const terminal = options.json ? shell.err : shell.out;
  const { colors } = terminal;
  const view = options.logJson || !ranks.isFirst ? silentView : viewOf(terminal);
  const log = openLog({
    verbose: shell.verbose,
    onLine: options.logJson && ranks.isFirst ? (line) => terminal.write(line) : undefined,
    onWarning(message) {
      if (ranks.group.size > 1) ranks.warnings.push(message);
      view.print(`${colors.yellow("warning:")} ${message}`);
    },
  });
  const say = (text: string) => (options.logJson ? log.logger.info({}, text) : view.print(text));
  const interrupt = listen((exitCode) => {
    if (session.phase === "training") {
      say("stopping after this step, then saving; press Ctrl-C again to quit at once");
    }
    if (session.phase !== "opening") return;
    const error = new MillraceError("ABORTED", "stopped before training began; nothing was written");
    say(error.message);
    if (options.json && ranks.isFirst) printJson(shell, { error: failureRecord(error) });
    view.close();
    process.exit(exitCode);
  });
  const session: Session = {
    origin,
    options,
    terminal,
    view,
    log,
    interrupt,
    bad: badSamples(),
    ranks,
    phase: "opening",
  };
  return session;
}

export function printJson(shell: Shell, value: object): void {
  shell.out.write(`${JSON.stringify(value)}\n`);
}
