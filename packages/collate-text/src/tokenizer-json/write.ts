/** A byte-level vocabulary as the tokenizer.json that Hugging Face's `tokenizers` writes of it. */
import type { Merge } from "../bpe/trainer.js";
import type { AddedToken } from "./file.js";

export interface Trained {
  /** The names of all ids, special tokens first. */
  readonly names: readonly string[];
  readonly special: readonly string[];
  readonly merges: readonly Merge[];
  readonly begin?: string | undefined;
  readonly end?: string | undefined;
  readonly separator?: string | undefined;
}

export function tokenizerText({ names, special, merges, ...roles }: Trained): string {
  const added = special.map(
    (content, id): AddedToken => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    }),
  );
  const bytes = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
  return JSON.stringify({
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer: null,
    pre_tokenizer: bytes,
    post_processor: template(special, roles),
    decoder: { ...bytes, add_prefix_space: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(names.map((name, id) => [name, id])),
      merges: merges.map(([left, right]) => [names[left], names[right]]),
    },
  });
}

/** `begin A end`, and `begin A separator B end`. */
function template(
  special: readonly string[],
  { begin, end, separator = end }: Pick<Trained, "begin" | "end" | "separator">,
) {
  if (begin === undefined && separator === undefined) return null;
  const token = (id: string | undefined, type: number) =>
    id === undefined ? [] : [{ SpecialToken: { id, type_id: type } }];
  const text = (id: string, type: number) => ({ Sequence: { id, type_id: type } });
  const used = [...new Set([begin, end, separator])].filter((name) => name !== undefined);
  return {
    type: "TemplateProcessing",
    single: [...token(begin, 0), text("A", 0), ...token(end, 0)],
    pair: [...token(begin, 0), text("A", 0), ...token(separator, 0), text("B", 1), ...token(end, 1)],
    special_tokens: Object.fromEntries(
      used.map((id) => [id, { id, ids: [special.indexOf(id)], tokens: [id] }]),
    ),
  };
}
