/** A run's model, open to be asked again and again by what others send: what an exported server is made of. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Logger, MillraceError } from "@millrace/core";
import { canContinue, openPrediction, type WeightsChoice } from "@millrace/core/spec";
import { type Composition, withSpec } from "../compose.js";
import { findRun, known, type RunFacts } from "../run/run-folder.js";
import { trainedContext } from "../run/trained-context.js";
import type { Uploads } from "./request-values.js";
import {
  ask,
  textKeyOf,
  type AskOptions,
  endingsOf,
  type ModelRequest,
  type Open,
  type ServedAnswer,
} from "./answering.js";

export type { AskOptions, ModelRequest, ServedAnswer } from "./answering.js";

export interface ServedModel {
  /** What it takes and gives, as plain data. */
  readonly about: ServedAbout;
  /** One after the other, in the order of what was sent. @throws MillraceError where no part of it could be read. */
  ask(request: ModelRequest, options?: AskOptions): Promise<ServedAnswer[]>;
  close(): Promise<void>;
}

export interface ServedAbout {
  readonly device: string;
  readonly weights: string;
  readonly inputs: RunFacts["inputs"];
  readonly output: readonly (number | null)[];
  readonly labels?: readonly string[];
  /** Endings of the files that it takes. */
  readonly endings: readonly string[];
  /** The field of a text that is sent as it is, if it takes any. */
  readonly text?: string;
  /** True if it goes on with a text instead of judging it. */
  readonly continues: boolean;
}

export interface ServeOptions {
  /** Those of the saved model if not given, and of an export those that it has. */
  readonly weights?: WeightsChoice;
  readonly logger?: Logger;
}

const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Opens the model of a run, or of an export's `run`; its data need not be there. */
export async function openModel(folder: string | URL, options: ServeOptions = {}): Promise<ServedModel> {
  const run = await findRun(typeof folder === "string" ? folder : fileURLToPath(folder));
  const [facts, fitted, text] = [await run.facts(), await run.fitted(), await run.spec([])];
  const { weights = run.record.weights ?? "final", logger = silent } = options;
  const uploads = { folder: await mkdtemp(join(tmpdir(), "millrace-asked-")), count: 0 };
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  return new Promise((resolve, reject) => {
    const close = async (): Promise<void> => {
      end();
      await held;
    };
    /** Everything is open until it is to end. */
    const hold = async (composed: Composition): Promise<void> => {
      const composition = { ...composed, options: { ...composed.options, fitted } };
      const line = await openPrediction(composition.spec, known(facts), composition.options);
      try {
        if (line.trainer.predict === undefined) throw cannotPredict(composition);
        const { seed } = composition.spec;
        const given = { weights, seed, signal: new AbortController().signal, report: () => {} };
        const predictor = await line.trainer.predict(trainedContext(run, facts, given)(line));
        try {
          resolve(served({ line, predictor, facts, composition, uploads }, close));
          await ended;
        } finally {
          await predictor.close();
        }
      } finally {
        await line.close();
      }
    };
    const held = withUploads(uploads, () => withSpec(text, logger, hold, { later: true }));
    held.catch(reject);
  });
}

async function withUploads({ folder }: Uploads, use: () => Promise<void>): Promise<void> {
  try {
    await use();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function served(open: Open, close: () => Promise<void>): ServedModel {
  let turn: Promise<unknown> = Promise.resolve();
  return {
    about: aboutOf(open),
    ask(request, options = {}) {
      const told = turn.then(() => ask(request, options, open));
      turn = told.catch(() => {});
      return told;
    },
    async close() {
      await turn;
      await close();
    },
  };
}

function aboutOf({ line, predictor, facts }: Open): ServedAbout {
  const { device, weights, outputShape } = predictor;
  const text = textKeyOf(facts);
  return {
    device,
    weights: weights.path,
    inputs: facts.inputs,
    output: outputShape,
    ...(facts.labels && { labels: facts.labels }),
    endings: endingsOf(line, facts),
    ...(text !== undefined && { text }),
    continues: canContinue(line, predictor),
  };
}

function cannotPredict({ spec }: Composition): MillraceError {
  return new MillraceError(
    "OPTION_INVALID",
    `the trainer "${spec.trainer.use}" must be one that can predict, cannot`,
    {
      hint: "Name a run of another trainer, such as tfjs.",
    },
  );
}
