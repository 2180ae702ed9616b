/** Requests that come from elsewhere, answered as `millrace predict` answers what a person names. */
import { readdir, rm } from "node:fs/promises";
import { extname, join } from "node:path";
import { type FieldTypes, type LooseFault, MillraceError } from "@millrace/core";
import { canContinue, type PredictionLine, type Predictor } from "@millrace/core/spec";
import type { Composition } from "../compose.js";
import { failureRecord } from "../failure.js";
import { answers } from "../predict/asking.js";
import { continuations } from "../predict/continuing.js";
import { faultOf, type Loose, looseSamples, typedTexts } from "../predict/inputs.js";
import { fieldsSample } from "../predict/json-lines.js";
import { answerFields } from "../predict/rows.js";
import { textField } from "../predict/texts.js";
import { known, type RunFacts } from "../run/run-folder.js";
import { receivedValues, upload, type Uploads } from "./request-values.js";

/** What a model is asked about. */
export type ModelRequest =
  /** Samples by their fields, as lines of JSON Lines state them. */
  | { readonly rows: readonly unknown[] }
  | { readonly texts: readonly string[] }
  /** The content of a file; its name's ending says what it is. */
  | { readonly file: Uint8Array; readonly name: string };

export interface AskOptions {
  /** Tell only so many labels, the most probable first. */
  readonly top?: number;
  /** Of language models. */
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly seed?: number;
  /** Ends it: then ABORTED is raised. */
  readonly signal?: AbortSignal;
}

/** What `millrace predict --format jsonl` says of an input, or why it says nothing. */
export type ServedAnswer = { readonly input: string } & (
  | Readonly<Record<string, unknown>>
  | { readonly error: object }
);

/** A model that is open, and where what is sent is kept meanwhile. */
export interface Open {
  readonly line: PredictionLine;
  readonly predictor: Predictor;
  readonly facts: RunFacts;
  readonly composition: Composition;
  readonly uploads: Uploads;
}

/** The field of the text that a sample is made of: the one that the source has, or its usual name where none is known. */
export function textKeyOf(facts: RunFacts): string | undefined {
  const { fields = {}, features } = known(facts);
  const texts = Object.values(fields).filter(({ type }) => type === "text");
  const isKnown = features !== undefined || Object.keys(fields).some((name) => name !== "label");
  return texts.length === 1 || !isKnown ? textField(known(facts)) : undefined;
}

/** Tables may name files of this machine where a column of theirs is one of images. */
export function endingsOf({ inputs }: PredictionLine, facts: RunFacts): readonly string[] {
  const endings = inputs?.endings ?? [];
  const names = Object.values(known(facts).fields ?? {}).some(({ type }) => type === "image");
  return names ? endings.filter((ending) => !tables.has(ending)) : endings;
}

const tables = new Set([".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".arrow", ".feather"]);

/** In the order of what was sent. Raises ABORTED. */
export async function ask(request: ModelRequest, options: AskOptions, open: Open): Promise<ServedAnswer[]> {
  const { line, predictor, facts, composition } = open;
  const { signal = new AbortController().signal, top, maxTokens = 100 } = options;
  signal.throwIfAborted();
  const kept = open.uploads.count;
  const samples = samplesOf(request, open);
  const told: ServedAnswer[] = [];
  try {
    if (canContinue(line, predictor)) {
      const { temperature, topK, topP, seed = composition.spec.seed } = options;
      const drawing = { maxTokens, temperature, topK, topP, seed, signal };
      for await (const each of continuations(samples, { line, predictor, options: drawing }))
        told.push(
          "error" in each
            ? faulty(each, open.uploads)
            : { input: each.name, continuation: each.continuation },
        );
      return told;
    }
    const batchSize = Math.max(composition.spec.loader.batchSize, 32);
    for await (const each of answers(samples, { line, predictor, facts, batchSize, signal }))
      told.push(
        "error" in each
          ? faulty(each, open.uploads)
          : { input: each.name, ...answerFields(each.answer, { labels: facts.labels, top }) },
      );
    return told;
  } finally {
    await forget(open.uploads, kept);
  }
}

/** Where a file is kept that was sent tells nothing. */
function faulty({ name, error }: LooseFault, { folder }: Uploads): ServedAnswer {
  const { code, message, hint } = failureRecord(error) as Readonly<Record<string, string | undefined>>;
  const told = (text: string | undefined) =>
    text?.replaceAll(folder, "").replaceAll(/[\\/]upload-\d+(\.\w+)?/g, "the file sent");
  return { input: name, error: { code, message: told(message), hint: told(hint) } };
}

async function* samplesOf(request: ModelRequest, { line, facts, uploads }: Open): AsyncGenerator<Loose> {
  const { inputs } = line;
  if ("texts" in request) {
    yield* typedTexts(request.texts, textField(known(facts)), inputs);
  } else if ("rows" in request) {
    for (const [i, row] of request.rows.entries())
      yield rowSample(row, `row ${i + 1}`, { line, facts, uploads });
  } else {
    const { file, name } = request;
    const ending = extname(name).toLowerCase();
    if (!endingsOf(line, facts).includes(ending)) throw unknownFile(ending, endingsOf(line, facts));
    const path = await upload(file, ending, uploads);
    for await (const each of looseSamples([path], inputs))
      yield { ...each, name: each.name.replace(path, () => name) };
  }
}

async function rowSample(
  row: unknown,
  name: string,
  { line, facts, uploads }: Pick<Open, "line" | "facts" | "uploads">,
): Promise<Loose> {
  try {
    if (typeof row !== "object" || row === null || Array.isArray(row))
      throw new MillraceError("INPUT_INVALID", "a row must be an object of fields", {
        hint: 'Such as {"features": [1, 2, 3]}.',
      });
    const values = await receivedValues(row as Readonly<Record<string, unknown>>, fieldsOf(facts), uploads);
    return fieldsSample(() => values, { name, folder: uploads.folder, inputs: line.inputs });
  } catch (error) {
    return { name, error: faultOf(error) };
  }
}

/** The types of fields, as far as they are known; that of a text at least. */
function fieldsOf(facts: RunFacts): FieldTypes {
  const text = textKeyOf(facts);
  return { ...(text !== undefined && { [text]: { type: "text" } }), ...known(facts).fields };
}

/** Removes what was sent with a request. */
async function forget({ folder, count }: Uploads, kept: number): Promise<void> {
  if (count === kept) return;
  for (const name of await readdir(folder)) await rm(join(folder, name), { force: true });
}

function unknownFile(ending: string, endings: readonly string[]): MillraceError {
  const takes = endings.length === 0 ? "takes no files" : `takes files that end in ${endings.join(", ")}`;
  return new MillraceError(
    "INPUT_INVALID",
    `this model ${takes}, was sent ${ending || "one without an ending"}`,
    {
      hint: "Send what it takes, or rows in JSON.",
    },
  );
}
