/** A text continued by a language model: one token after the other, drawn from what the model gives for the last step. */
import type { Answers, Predictor } from "../contracts/after-training.js";
import type { Batch } from "../contracts/batch.js";
import type { DatasetFacts } from "../contracts/dataset.js";
import { isNdArray } from "../contracts/ndarray.js";
import type { Random } from "../contracts/random.js";
import { hashName, randomAt } from "../data/philox.js";
import { MillraceError } from "../errors.js";
import { decodeTokens, vocabulariesOf, type Vocabulary } from "../kit/vocabulary.js";
import type { PredictionLine } from "./after-training.js";

export interface GenerateOptions {
  /** Most tokens to be added; fewer where the model ends the text. */
  readonly maxTokens: number;
  /** By which the logits are divided: below 1 the probable becomes more so; 0 takes the most probable always. Default 1. */
  readonly temperature?: number | undefined;
  /** Draws from the so many most probable tokens alone. */
  readonly topK?: number | undefined;
  /** Draws from the fewest tokens, the most probable first, that have this share of the probability together. */
  readonly topP?: number | undefined;
  /** Where the draws follow from: the same text for the same seed, on the same device. */
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
}

/** A sample with the text to be continued, as the run's source would give it. */
export interface Prompt {
  readonly sample: unknown;
  /** Counted from 0: prompts of one seed draw numbers of their own. */
  readonly index: number;
}

/** One more token. */
export interface Generated {
  readonly id: number;
  /** What it adds to the text; "" for the first bytes of a character, and as a rule for the end. */
  readonly text: string;
}

/** A prompt, and what follows it. */
export interface Continuation {
  /** The text that the model goes on from, as its tokens say it. */
  readonly prompt: string;
  readonly tokens: AsyncGenerator<Generated, void>;
}

/**
 * Continues a prompt until the model ends it or there are `maxTokens` more.
 * @throws MillraceError INPUT_INVALID where the run's model is no language model, or the prompt has no token; ABORTED.
 */
export async function generate(
  line: PredictionLine,
  predictor: Predictor,
  prompt: Prompt,
  options: GenerateOptions,
): Promise<Continuation> {
  const asked = promptIds(await line.transform(prompt.sample), line.facts);
  const random = randomAt(options.seed, 0, prompt.index, stream);
  const next = () => nextOf(line, predictor, asked);
  return { prompt: decodeTokens(asked.vocabulary, asked.ids), tokens: goOn(asked, next, random, options) };
}

/** Draws token after token, each added to `asked.ids`. */
async function* goOn(
  { vocabulary, ids }: Asked,
  next: () => Promise<ArrayLike<number>>,
  random: Random,
  options: GenerateOptions,
): AsyncGenerator<Generated, void> {
  const { maxTokens, signal } = options;
  const before = decodeTokens(vocabulary, ids);
  const left = never(vocabulary);
  let told = "";
  for (let count = 1; count <= maxTokens; count++) {
    if (signal?.aborted === true) throw new MillraceError("ABORTED", "the prediction was stopped");
    const id = drawToken(await next(), options, random, left);
    const isEnd = id === vocabulary.end;
    if (!isEnd) ids.push(id);
    const added = after(before, decodeTokens(vocabulary, ids));
    // The first bytes of a character wait for the others.
    const whole = isEnd || count === maxTokens ? added : added.replace(/\ufffd+$/, "");
    yield { id, text: whole.slice(told.length) };
    told = whole;
    if (isEnd) return;
  }
}

const stream = hashName("generate");

interface Asked {
  /** The field of token ids. */
  readonly field: string;
  readonly vocabulary: Vocabulary;
  readonly ids: number[];
}

function promptIds(sample: unknown, facts: DatasetFacts): Asked {
  const fields = sample as Readonly<Record<string, unknown>>;
  for (const [field, vocabulary] of Object.entries(vocabulariesOf(facts))) {
    const value = isNdArray(fields[field]) ? fields[field].data : fields[field];
    if (!(value instanceof Int32Array)) continue;
    const ids = [...value];
    // The end of the prompt is not that of the text.
    if (ids.length > 0 && ids.at(-1) === vocabulary.end) ids.pop();
    if (ids.length > 0) return { field, vocabulary, ids };
    throw new MillraceError("INPUT_INVALID", "a prompt must have a token at least, has none", {
      hint: "Give a text to begin with, or train with a `begin` token in the vocabulary.",
    });
  }
  throw new MillraceError(
    "INPUT_INVALID",
    `a text is continued by its token ids, but no transform makes any of it (there is ${Object.keys(fields).join(", ") || "nothing"})`,
    { hint: "Name a run whose transforms have a tokenizer, such as `characters` or `bpe`." },
  );
}

/** The probability of each token to come next. */
async function nextOf(
  line: PredictionLine,
  predictor: Predictor,
  { field, vocabulary, ids }: Asked,
): Promise<ArrayLike<number>> {
  const seen = Int32Array.from(ids.slice(-(predictor.maxSteps ?? ids.length)));
  const data = await line.collate([{ [field]: seen }]);
  const batch: Batch = { data, indices: [0], epoch: 0, step: 0, release: () => {} };
  const answer = await predictor.answer(batch, { step: lastStep(data, seen.length) });
  // Units behind the last token stand for none: there are some where their number was rounded up.
  if (isNext(answer, vocabulary)) return Array.prototype.slice.call(answer.data, 0, vocabulary.size);
  const [, ...shape] = answer.shape;
  throw new MillraceError(
    "INPUT_INVALID",
    `a text is continued by a model that gives a probability for each of ${vocabulary.size} tokens at every step, but this one gives ${answer.kind} of [${shape.join(", ")}]`,
    { hint: 'Name a run of a language model: one that is trained with the collator "language-model".' },
  );
}

/** The step of the last token: padding may stand on either side of it, as the collator's mask says. */
function lastStep(data: unknown, tokens: number): number {
  const { attentionMask } = data as { readonly attentionMask?: unknown };
  return isNdArray(attentionMask) ? attentionMask.data.lastIndexOf(1) : tokens - 1;
}

function isNext({ kind, shape }: Answers, vocabulary: Vocabulary): boolean {
  return kind === "labels" && shape.length === 2 && hasUnits(vocabulary, shape[1]);
}

/** A unit for each token, and more where their number was rounded up. */
function hasUnits({ size }: Vocabulary, units: number | null): boolean {
  return units !== null && units >= size;
}

/** True where the run's model gives a probability for each token of its vocabulary at every step, as a language model does. */
export function canContinue(
  { facts }: Pick<PredictionLine, "facts">,
  { outputShape }: Pick<Predictor, "outputShape">,
): boolean {
  const vocabularies = Object.values(vocabulariesOf(facts));
  return outputShape.length === 2 && vocabularies.some((each) => hasUnits(each, outputShape[1]));
}

/** Ids that are no part of any text: filling, and what stands for what is hidden. */
function never({ padding, mask }: Vocabulary): ReadonlySet<number | undefined> {
  return new Set([padding, mask]);
}

/** Byte-level tokens may end within a character: what comes then changes the text before it. */
function after(before: string, all: string): string {
  return all.startsWith(before) ? all.slice(before.length) : all.slice(before.replace(/\ufffd+$/, "").length);
}

/**
 * One id, drawn by its probability: of those that `topK` and `topP` leave, in the proportion of p^(1/temperature), which
 * is a softmax of logits / temperature. Of equal ones the lowest ids come first.
 */
export function drawToken(
  probabilities: ArrayLike<number>,
  { temperature = 1, topK, topP }: Pick<GenerateOptions, "temperature" | "topK" | "topP">,
  random: Random,
  left: ReadonlySet<number | undefined> = new Set(),
): number {
  const ids: number[] = [];
  for (let id = 0; id < probabilities.length; id++) if (!left.has(id) && probabilities[id] > 0) ids.push(id);
  if (ids.length === 0)
    throw new MillraceError(
      "TRAINING_DIVERGED",
      "a model must give some token a probability above 0, gave none",
    );
  const ranked = temperature === 0 || topK !== undefined || topP !== undefined;
  if (ranked) ids.sort((a, b) => probabilities[b] - probabilities[a] || a - b);
  if (temperature === 0) return ids[0];
  const chosen = topK === undefined ? ids : ids.slice(0, topK);
  const highest = Math.log(chosen.reduce((most, id) => Math.max(most, probabilities[id]), 0));
  const weights = chosen.map((id) => Math.exp((Math.log(probabilities[id]) - highest) / temperature));
  const kept = topP === undefined ? weights.length : countOf(weights, topP);
  let rest = random.uniform() * sum(weights, kept);
  for (let i = 0; i < kept - 1; i++) {
    rest -= weights[i];
    if (rest < 0) return chosen[i];
  }
  return chosen[kept - 1];
}

/** How many of the weights, from the first on, have this share of all. */
function countOf(weights: readonly number[], share: number): number {
  const enough = share * sum(weights, weights.length);
  let sofar = 0;
  for (let i = 0; i < weights.length; i++) {
    sofar += weights[i];
    if (sofar >= enough) return i + 1;
  }
  return weights.length;
}

function sum(weights: readonly number[], count: number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += weights[i];
  return total;
}
