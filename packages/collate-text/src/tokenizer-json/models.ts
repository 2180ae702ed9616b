/** The models of a tokenizer.json that find the tokens of a piece, each as the original in Rust does it. */
import { MillraceError } from "@millrace/core";
import { mergeSymbols } from "../bpe/merging.js";
import { fault, type Part } from "./file.js";
import { mergesOf } from "./merges.js";
import { Trie } from "./trie.js";
import { unigramPieces } from "./unigram.js";

/** The ids of a piece of a text, which is not empty. Errors: TRANSFORM_INPUT for what no token is, where none is for that. */
export type Model = (piece: string) => readonly number[] | Int32Array;

/** @throws MillraceError FILE_FORMAT for merges of what is no token. */
export function modelOf(model: Part, path: string): Model {
  switch (model.type) {
    case "Unigram":
      return unigram(model);
    case "WordPiece":
      return remembering(wordPiece(model));
    case "WordLevel":
      return wordLevel(model);
    default:
      return remembering(bpe(model, path));
  }
}

/** Pieces that are kept with their ids, and the units of the longest of them. */
const mostKept = 65_536;
const longestKept = 64;

function remembering(model: Model): Model {
  const kept = new Map<string, ReturnType<Model>>();
  return (piece) => {
    if (piece.length > longestKept) return model(piece);
    const known = kept.get(piece);
    if (known !== undefined) return known;
    const ids = model(piece);
    if (kept.size === mostKept) kept.clear();
    kept.set(piece, ids);
    return ids;
  };
}

function idsOf(model: Part): Map<string, number> {
  return new Map(Object.entries(model.vocab as Record<string, number>));
}

/** What stands for what is no token. */
function unknownOf({ unk_token: name }: Part, ids: ReadonlyMap<string, number>): () => number {
  return () => {
    const id = typeof name === "string" ? ids.get(name) : undefined;
    if (id === undefined) throw noUnknown();
    return id;
  };
}

function wordLevel(model: Part): Model {
  const ids = idsOf(model);
  const unknown = unknownOf(model, ids);
  return (piece) => [ids.get(piece) ?? unknown()];
}

function wordPiece(model: Part): Model {
  const ids = idsOf(model);
  const unknown = unknownOf(model, ids);
  const { continuing_subword_prefix: prefix = "##", max_input_chars_per_word: most = 100 } = model as {
    continuing_subword_prefix?: string;
    max_input_chars_per_word?: number;
  };
  const [begins, continues] = [new Trie(), new Trie()];
  for (const [name, id] of ids) {
    begins.add(name, id);
    if (name.startsWith(prefix)) continues.add(name.slice(prefix.length), id);
  }
  return (piece) => {
    // As many units as characters at least.
    if (piece.length > most && Array.from(piece).length > most) return [unknown()];
    const found: number[] = [];
    for (let at = 0; at < piece.length; ) {
      const match = (at === 0 ? begins : continues).longest(piece, at);
      if (match === undefined) return [unknown()];
      found.push(match.token);
      at = match.end;
    }
    return found;
  };
}

/** What of a BPE model says which symbols a piece begins with. */
interface BpeSettings {
  readonly fuse_unk?: boolean;
  readonly byte_fallback?: boolean;
  readonly ignore_merges?: boolean;
  readonly continuing_subword_prefix?: string | null;
  readonly end_of_word_suffix?: string | null;
  readonly merges: Parameters<typeof mergesOf>[0];
}

function bpe(model: Part, path: string): Model {
  const ids = idsOf(model);
  const settings = model as unknown as BpeSettings;
  const prefix = settings.continuing_subword_prefix ?? "";
  const merges = mergesOf(settings.merges, ids, prefix.length);
  if (typeof merges === "string")
    throw fault(path, `must have tokens for all of its merges, but has none for ${merges}`, againHint);
  const symbolsOf = bpeSymbols(
    ids,
    settings,
    typeof model.unk_token === "string" ? unknownOf(model, ids) : undefined,
  );
  return (piece) => {
    const whole = settings.ignore_merges === true ? ids.get(piece) : undefined;
    if (whole !== undefined) return [whole];
    const symbols = Int32Array.from(symbolsOf(piece));
    return symbols.subarray(0, mergeSymbols(symbols, symbols.length, merges));
  };
}

const againHint = "Copy or download the file again.";

/** The symbols of a piece before any is merged: one for each character, or byte, or for several that are unknown. */
function bpeSymbols(
  ids: ReadonlyMap<string, number>,
  settings: BpeSettings,
  unknown: (() => number) | undefined,
): (piece: string) => number[] {
  const prefix = settings.continuing_subword_prefix ?? "";
  const suffix = settings.end_of_word_suffix ?? "";
  return (piece) => {
    const symbols: number[] = [];
    let isUnknown = false;
    const endUnknown = (): void => {
      if (isUnknown && unknown !== undefined) symbols.push(unknown());
      isUnknown = false;
    };
    let end = 0;
    for (const character of piece) {
      const name = `${end === 0 ? "" : prefix}${character}${((end += character.length)) === piece.length ? suffix : ""}`;
      const id = ids.get(name);
      const bytes = id === undefined && settings.byte_fallback === true ? bytesOf(name, ids) : undefined;
      if (id !== undefined) {
        endUnknown();
        symbols.push(id);
      } else if (bytes !== undefined) symbols.push(...bytes);
      else {
        if (settings.fuse_unk !== true) endUnknown();
        isUnknown = true;
      }
    }
    endUnknown();
    return symbols;
  };
}

/** The tokens of its bytes, where all of them are there. */
function bytesOf(text: string, ids: ReadonlyMap<string, number>): number[] | undefined {
  const found: number[] = [];
  for (const byte of Buffer.from(text)) {
    const id = ids.get(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
    if (id === undefined) return undefined;
    found.push(id);
  }
  return found;
}

function unigram(model: Part): Model {
  const { vocab, unk_id } = model as unknown as {
    readonly vocab: readonly (readonly [string, number])[];
    readonly unk_id?: number | null;
  };
  const unknown = unk_id ?? undefined;
  const ids = new Map(vocab.map(([name], id) => [name, id]));
  const divide = unigramPieces(vocab, unknown);
  return (piece) =>
    divide(piece).flatMap((name) => {
      const id = ids.get(name);
      if (id !== undefined) return id;
      const bytes = model.byte_fallback === true ? bytesOf(name, ids) : undefined;
      if (bytes !== undefined) return bytes;
      if (unknown === undefined) throw noUnknown();
      return unknown;
    });
}

function noUnknown(): MillraceError {
  return new MillraceError(
    "TRANSFORM_INPUT",
    "tokenizer-json needs tokens that the file has, but the text has others, and the file no unknown token",
    { hint: "Set `unk_token` (or `unk_id`) of the file's model." },
  );
}
