/** What is told of a tokenizer.json: its size, names, special tokens, and how its ids become text again. */
import {
  didYouMean,
  MillraceError,
  type SpecialRole,
  type TokenDecoder,
  type Vocabulary,
} from "@millrace/core";
import { z } from "zod";
import type { Part, TokenizerJson } from "./file.js";
import { namesOf } from "./file.js";

/** What tokens with a task are called; the file itself does not say it. The first that it has is taken. */
const usual: Readonly<Record<Exclude<SpecialRole, "unknown">, readonly string[]>> = {
  padding: ["<pad>", "[PAD]", "<|pad|>", "<|padding|>", "<|finetune_right_pad_id|>"],
  begin: ["[CLS]", "<s>", "<bos>", "<|begin_of_text|>", "<|startoftext|>"],
  end: ["[SEP]", "</s>", "<eos>", "<|end_of_text|>", "<|endoftext|>"],
  separator: ["[SEP]", "</s>"],
  mask: ["[MASK]", "<mask>"],
};

const tokenName = z.string().min(1).optional();

export const specialOption = z.strictObject({
  padding: tokenName.describe("the token that fills batches"),
  begin: tokenName.describe("the token of a beginning"),
  end: tokenName.describe("the token of an end"),
  separator: tokenName.describe("the token between two texts"),
  mask: tokenName.describe("the token in the place of what is to be guessed"),
});

export type SpecialNames = z.output<typeof specialOption>;

/** @throws MillraceError OPTION_INVALID for a special token that the file has not. */
export function vocabularyOf(json: TokenizerJson, roles: SpecialNames): Vocabulary {
  const tokens = namesOf(json);
  const ids = new Map(tokens.map((name, id) => [name, id]));
  const found: Partial<Record<SpecialRole, number>> = {};
  for (const role of Object.keys(usual) as (keyof typeof usual)[]) {
    const stated = roles[role];
    if (stated !== undefined && !ids.has(stated)) throw noSuchToken(role, stated, [...ids.keys()]);
    const name = stated ?? usual[role].find((each) => ids.has(each));
    if (name !== undefined) found[role] = ids.get(name);
  }
  const unknown = unknownOf(json, ids);
  if (unknown !== undefined) found.unknown = unknown;
  const special = json.added_tokens.filter((token) => token.special).map(({ id }) => id);
  return {
    size: tokens.length,
    ...found,
    tokens,
    special: [...new Set([...special, ...Object.values(found)])].sort((a, b) => a - b),
    decoder: decoderOf(json),
  };
}

function unknownOf({ model }: TokenizerJson, ids: ReadonlyMap<string, number>): number | undefined {
  if (typeof model.unk_id === "number") return model.unk_id;
  return typeof model.unk_token === "string" ? ids.get(model.unk_token) : undefined;
}

function noSuchToken(role: string, name: string, known: readonly string[]): MillraceError {
  return new MillraceError(
    "OPTION_INVALID",
    `\`special.${role}\` must name a token of the file, was "${name}"${didYouMean(name, known)}`,
    { path: ["special", role] },
  );
}

function decoderOf({ decoder, pre_tokenizer, normalizer, model }: TokenizerJson): TokenDecoder {
  const types = new Set([decoder, pre_tokenizer, normalizer].flatMap(typesIn));
  if (types.has("ByteLevel")) return "byteLevel";
  if (types.has("Metaspace") || types.has("ByteFallback") || model.byte_fallback === true) return "metaspace";
  return model.type === "WordPiece" ? "wordPiece" : "words";
}

/** The types of a part and of the parts in it. */
export function typesIn(part: Part | null): string[] {
  if (part === null) return [];
  const inner = ["normalizers", "pretokenizers", "decoders", "processors"].flatMap(
    (name) => (part[name] ?? []) as Part[],
  );
  return [part.type, ...inner.flatMap(typesIn)];
}
