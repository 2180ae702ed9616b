/** The options that all tokenizers have. */
import type { DatasetFacts, FieldTypes, Vocabulary } from "@millrace/core";
import { z } from "zod";

export const tokenizingOptions = {
  field: z.string().min(1).default("text").describe("the field that holds the text"),
  to: z
    .string()
    .min(1)
    .default("tokens")
    .describe("the field that the ids become: int32, as many as the text has tokens, which may be none"),
  pair: z
    .string()
    .min(1)
    .optional()
    .describe("a field with a second text, whose ids follow in the same sequence: a question and an answer"),
  keep: z.boolean().default(false).describe("keep the texts too; otherwise they are no part of the batch"),
  maxLength: z
    .int()
    .min(1)
    .optional()
    .describe(
      "most ids of a sample, special tokens included, which are never cut; of a pair the longer text is cut first. Default: nothing is cut",
    ),
  truncationSide: z
    .enum(["left", "right"])
    .default("right")
    .describe("the side on which a text that is too long loses tokens"),
  addSpecialTokens: z
    .boolean()
    .default(true)
    .describe(
      "put the special tokens of a beginning, an end and between a pair, where the vocabulary has them",
    ),
  offsets: z
    .boolean()
    .default(false)
    .describe(
      "also give `tokensOffsets`: where in the text each token begins and ends, int32 [n, 2] in UTF-16 units (`text.slice(begin, end)`), 0 and 0 for special tokens",
    ),
  typeIds: z
    .boolean()
    .default(false)
    .describe("also give `tokensTypeIds`: 0 for ids of the first text and 1 for those of the second, int32"),
};

/** The options as a transform is given them. */
export type Tokenizing = z.output<z.ZodObject<typeof tokenizingOptions>>;

export function textFields({ field, pair }: Tokenizing): readonly string[] {
  return pair === undefined ? [field] : [field, pair];
}

export const offsetsName = ({ to }: Tokenizing): string => `${to}Offsets`;
export const typeIdsName = ({ to }: Tokenizing): string => `${to}TypeIds`;

/** The fields that it makes. */
export function madeFields(options: Tokenizing): readonly string[] {
  const { to, offsets, typeIds } = options;
  return [to, ...(offsets ? [offsetsName(options)] : []), ...(typeIds ? [typeIdsName(options)] : [])];
}

/** What `touches` of a tokenizer says. */
export function touched(options: Tokenizing) {
  const reads = textFields(options);
  return { reads, writes: [...madeFields(options), ...(options.keep ? [] : reads)] };
}

/** What `fields` of a tokenizer says. */
export function fieldsBehind(types: FieldTypes, options: Tokenizing): FieldTypes {
  const dropped = options.keep ? [] : textFields(options);
  const rest = Object.entries(types).filter(([name]) => !dropped.includes(name));
  const made = madeFields(options).map((name): [string, FieldTypes[string]] => [
    name,
    { type: "int32", shape: name === offsetsName(options) && options.offsets ? [null, 2] : [null] },
  ]);
  return Object.fromEntries([...rest, ...made]);
}

/** What `facts` of a tokenizer says. */
export function factsBehind(facts: DatasetFacts, { to }: Tokenizing, vocabulary: Vocabulary): DatasetFacts {
  if (to === "tokens") return { ...facts, vocabulary };
  const others = facts.vocabularies as Readonly<Record<string, Vocabulary>> | undefined;
  return { ...facts, vocabularies: { ...others, [to]: vocabulary } };
}
