/** A tokenizer.json of Hugging Face's `tokenizers`: read, checked, and what is told of it. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { didYouMean, fileFault, MillraceError, messageOf } from "@millrace/core";
import { isPlainObject } from "@millrace/core/dataloader";

/** A part of a tokenizer by its type, such as a normalizer; the rest are its settings. */
export interface Part {
  readonly type: string;
  readonly [setting: string]: unknown;
}

export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  readonly single_word?: boolean;
  readonly lstrip?: boolean;
  readonly rstrip?: boolean;
  readonly normalized?: boolean;
}

export interface TokenizerJson {
  readonly added_tokens: readonly AddedToken[];
  readonly normalizer: Part | null;
  readonly pre_tokenizer: Part | null;
  readonly post_processor: Part | null;
  readonly decoder: Part | null;
  readonly model: Part;
}

const models = ["BPE", "WordPiece", "Unigram", "WordLevel"];

/** The text of a file at `path`, relative to `baseUrl`. Errors: FILE_NOT_FOUND, FILE_FAILED. */
export function readText(path: string, baseUrl: URL): string {
  try {
    return readFileSync(fileURLToPath(new URL(path, baseUrl)), "utf8");
  } catch (error) {
    throw fileFault(error, path, "cannot be read");
  }
}

/** @throws MillraceError FILE_FORMAT for what is no tokenizer.json, is cut off, or of another model. */
export function parseTokenizer(text: string, path: string): TokenizerJson {
  const json = parse(text, path);
  if (!isPlainObject(json) || !isPlainObject(json.model)) {
    throw fault(path, "must be a tokenizer.json with a `model`, but has none", saveHint);
  }
  const model = json.model as unknown as Part;
  const type = model.type ?? guessedType(model);
  if (!models.includes(type)) {
    const shown = typeof type === "string" ? `"${type}"${didYouMean(type, models)}` : "of no stated type";
    throw fault(path, `must have a model BPE, WordPiece, Unigram or WordLevel, was ${shown}`, saveHint);
  }
  const whole: TokenizerJson = {
    added_tokens: (json.added_tokens ?? []) as AddedToken[],
    normalizer: (json.normalizer ?? null) as Part | null,
    pre_tokenizer: (json.pre_tokenizer ?? null) as Part | null,
    post_processor: (json.post_processor ?? null) as Part | null,
    decoder: (json.decoder ?? null) as Part | null,
    model: { ...model, type },
  };
  checkVocabulary(whole, path);
  return whole;
}

/** Files of older versions do not state it. */
function guessedType(model: Readonly<Record<string, unknown>>): string {
  if (Array.isArray(model.vocab)) return "Unigram";
  return "merges" in model ? "BPE" : "continuing_subword_prefix" in model ? "WordPiece" : "unknown";
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const rest = text.trimEnd().endsWith("}") ? "" : ", and ends before it should";
    throw new MillraceError("FILE_FORMAT", `${path} must be JSON${rest}: ${messageOf(cause)}`, {
      cause,
      hint: "Copy or download the file again.",
      path: ["path"],
    });
  }
}

function checkVocabulary({ model, added_tokens }: TokenizerJson, path: string): void {
  const isId = (id: unknown): boolean => Number.isInteger(id) && (id as number) >= 0;
  const { type, vocab, merges } = model;
  if (!Array.isArray(added_tokens) || !added_tokens.every((token) => isPlainObject(token) && isId(token.id)))
    throw fault(path, "must have `added_tokens` with ids", saveHint);
  if (type === "Unigram") {
    const whole = Array.isArray(vocab) && vocab.length > 0;
    if (whole && vocab.every((entry) => Array.isArray(entry) && typeof entry[1] === "number")) return;
    throw fault(path, "must have a `vocab` of tokens with their scores", saveHint);
  }
  if (!isPlainObject(vocab) || Object.keys(vocab).length === 0 || !Object.values(vocab).every(isId))
    throw fault(path, "must have a `vocab` of tokens with their ids", saveHint);
  if (type === "BPE" && !Array.isArray(merges)) throw fault(path, "must have a list of `merges`", saveHint);
}

/** The fault of a file that is named in the option `path`. */
export function fault(path: string, what: string, hint: string): MillraceError {
  return new MillraceError("FILE_FORMAT", `${path} ${what}`, { hint, path: ["path"] });
}

export const saveHint = "Take what `tokenizer.save()` of Hugging Face's `tokenizers` writes.";

/** Every token by its id, those that were added included. */
export function namesOf({ model, added_tokens }: TokenizerJson): string[] {
  const names: string[] = [];
  if (Array.isArray(model.vocab)) {
    for (const [id, [name]] of (model.vocab as [string, number][]).entries()) names[id] = name;
  } else {
    for (const [name, id] of Object.entries(model.vocab as Record<string, number>)) names[id] = name;
  }
  for (const { id, content } of added_tokens) names[id] = content;
  return Array.from(names, (name) => name ?? "");
}
