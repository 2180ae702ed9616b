/** Byte-level BPE of a tokenizer.json, which most newer models have. */
import { byteCharacters } from "@millrace/core";
import type { ByteBpe } from "../bpe/byte-encoder.js";
import type { Part, TokenizerJson } from "./file.js";
import { mergesOf } from "./merges.js";
import { byteLevelPattern, preTokenizerOf } from "./pre-tokenizers.js";

/** Undefined for a tokenizer that is something else, or more. */
export function byteLevelOf(json: TokenizerJson, path: string): ByteBpe | undefined {
  const { pre_tokenizer, model } = json;
  const pieces = piecesOf(pre_tokenizer, path);
  if (model.type !== "BPE" || pieces === undefined || others.some((name) => isSet(model[name])))
    return undefined;
  const ids = new Map(Object.entries(model.vocab as Record<string, number>));
  const merges = mergesOf(model.merges as string[], ids);
  if (typeof merges === "string") return undefined;
  const bytes = Int32Array.from(byteCharacters, (name) => ids.get(name) ?? -1);
  const nameOf = (piece: Uint8Array): string => Array.from(piece, (byte) => byteCharacters[byte]).join("");
  return {
    pieces,
    bytes,
    merges,
    whole: model.ignore_merges === true ? (piece) => ids.get(nameOf(piece)) : undefined,
  };
}

/** Settings of a BPE model that byte-level tokenizers do not have. */
const others = ["dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback"];

function isSet(setting: unknown): boolean {
  return setting !== undefined && setting !== null && setting !== false && setting !== "" && setting !== 0;
}

/** What divides texts, where bytes come last; undefined where they do not. */
function piecesOf(part: Part | null, path: string): ByteBpe["pieces"] | undefined {
  const steps = part?.type === "Sequence" ? (part.pretokenizers as Part[]) : part === null ? [] : [part];
  const last = steps.at(-1);
  if (last?.type !== "ByteLevel" || last.add_prefix_space === true) return undefined;
  const pattern = last.use_regex === false ? undefined : new RegExp(byteLevelPattern, "gu");
  if (steps.length === 1) return pattern ?? ((text) => [text]);
  const divide = preTokenizerOf({ type: "Sequence", pretokenizers: steps.slice(0, -1) }, path);
  return (text) => {
    const pieces = divide?.(text, true) ?? [text];
    return pattern === undefined ? pieces : pieces.flatMap((piece) => piece.match(pattern) ?? []);
  };
}
