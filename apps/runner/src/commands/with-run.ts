/** What evaluate, predict and export share: a run taken up again, what is said meanwhile, and Ctrl-C. */
import { MillraceError } from "@millrace/core";
import type {
  AfterEvent,
  Override,
  TakenWeights,
  TrainedContext,
  TrainedLine,
  WeightsChoice,
} from "@millrace/core/spec";
import { type Composition, withSpec, refuseGroup } from "../compose.js";
import type { Shell } from "../shell.js";
import { type Interrupt, listen } from "../interrupt.js";
import { openLog } from "../run/log.js";
import { findRun, type RunFacts, type RunFolder } from "../run/run-folder.js";
import { trainedContext } from "../run/trained-context.js";
import { isAbort } from "./train.js";
import { count, progressText } from "../view/format.js";
import type { Terminal } from "../view/terminal.js";
import { type View, viewOf } from "../view/view.js";

export interface AfterOptions {
  readonly set?: readonly Override[];
  /** Which weights; those of the saved model if not given. */
  readonly checkpoint?: WeightsChoice;
}

/** A run that was taken up again. */
export interface Taken {
  readonly run: RunFolder;
  readonly facts: RunFacts;
  readonly composition: Composition;
  readonly view: View;
  readonly terminal: Terminal;
  readonly interrupt: Interrupt;
  /** What the trainer is given to open the model. */
  readonly context: (line: TrainedLine) => TrainedContext;
}

interface Taking {
  /** Its name, as it is typed. */
  readonly command: string;
  readonly terminal: Terminal;
  readonly verbose: Shell["verbose"];
}

/** Runs `use`, narrating to `terminal`; the first Ctrl-C stops what the trainer does, the second everything. */
export async function withRun(
  path: string,
  options: AfterOptions,
  { command, terminal, verbose }: Taking,
  use: (taken: Taken) => Promise<number>,
): Promise<number> {
  await refuseGroup(command, process.env);
  const view = viewOf(terminal);
  const log = openLog({
    verbose,
    onWarning: (message) => view.print(`${terminal.colors.yellow("warning:")} ${message}`),
  });
  const interrupt = listen(() => view.print("stopping; press Ctrl-C again to quit at once"));
  try {
    const run = await findRun(path);
    const facts = await run.facts();
    const fitted = await run.fitted();
    const text = await run.spec(options.set ?? []);
    const takeUp = (composed: Composition): Promise<number> => {
      const composition = { ...composed, options: { ...composed.options, fitted } };
      const context = trainedContext(run, facts, {
        weights: options.checkpoint ?? "final",
        seed: composition.spec.seed,
        signal: interrupt.signal,
        report: teller(view, terminal),
      });
      return use({ run, facts, composition, view, terminal, interrupt, context });
    };
    return await withSpec(text, log.logger, takeUp, { later: true });
  } catch (error) {
    if (!isAbort(error) || !interrupt.signal.aborted) throw error;
    view.print(`stopped; nothing was written`);
    return interrupt.exitCode();
  } finally {
    view.close();
    interrupt.close();
    log.close();
  }
}

/** "the saved model, model/model.json", "the best checkpoint, after 4 epochs (checkpoints/best.safetensors)". */
export function weightsText({ choice, path, epochs }: TakenWeights): string {
  if (choice === "final") return `the saved model (${path})`;
  const age = epochs === undefined ? "" : `, after ${count(epochs)} ${epochs === 1 ? "epoch" : "epochs"}`;
  return `the ${choice} checkpoint${age} (${path})`;
}

/** Raised where a spec's trainer is of another kind. */
export function cannot(trainer: string, what: string): MillraceError {
  return new MillraceError(
    "OPTION_INVALID",
    `the trainer "${trainer}" must be one that can ${what}, cannot`,
    {
      hint: "Name a run of another trainer, such as tfjs.",
    },
  );
}

function teller(view: View, { colors }: Terminal): (event: AfterEvent) => void {
  return (event) => {
    switch (event.type) {
      case "device":
        view.print(`device: ${colors.bold(event.device)} (${event.reason})`);
        return;
      case "weights":
        view.print(`weights: ${weightsText(event)}`);
        return;
      case "progress":
        view.busy(progressText(event));
        return;
      default:
        event satisfies never;
    }
  };
}
