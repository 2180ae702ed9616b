/** Collation for models that fill gaps: some tokens are hidden, and are the targets (BERT: Devlin et al. 2019, §3.1). */
import {
  type Allocator,
  type BatchContext,
  defineCollate,
  type FieldTypes,
  MillraceError,
  numberOrFact,
  type Random,
  resolveFacts,
  type WithFacts,
} from "@millrace/core";
import { z } from "zod";
import { assembled } from "../sequences/assembled.js";
import { attentionMask } from "../sequences/attention-mask.js";
import {
  field,
  maxLength,
  padToMultipleOf,
  padding,
  paddingSide,
  targetField,
  truncationSide,
} from "../sequences/options.js";
import { type Fields, requireObjects } from "../sequences/samples.js";
import { filled, noTarget, specialTokens, tokensOf, widest } from "../sequences/tokens.js";

const share = (meaning: string, usual: number) =>
  z.number().min(0).max(1).default(usual).describe(`${meaning}; default ${usual}`);

const options = z
  .strictObject({
    field,
    targetField,
    maskProbability: share("how likely each token is to be a target", 0.15),
    maskShare: share("of the targets, the share of those that the mask token stands for", 0.8),
    randomShare: share(
      "of the targets, the share of those that a random token stands for; the others stay as they are",
      0.1,
    ),
    maskToken: numberOrFact(z.int().min(0))
      .default({ from: "vocabulary.mask" })
      .describe('the id of the mask token, or a fact; default {"from": "vocabulary.mask"}'),
    vocabularySize: numberOrFact(z.int().min(1))
      .default({ from: "vocabulary.size" })
      .describe('random tokens are those below it; default {"from": "vocabulary.size"}'),
    specialTokens: z
      .array(numberOrFact(z.int().min(0)))
      .optional()
      .describe("ids that are never targets; default: those that the vocabulary states, and the mask token"),
    maxLength,
    truncationSide,
    paddingValue: padding,
    paddingSide,
    padToMultipleOf,
  })
  .superRefine(({ maskShare, randomShare }, context) => {
    if (maskShare + randomShare <= 1) return;
    const message = `maskShare and randomShare must be 1 together at most, were ${maskShare + randomShare}`;
    context.addIssue({ code: "custom", path: ["randomShare"], message });
  });

type Options = WithFacts<z.output<typeof options>>;

export default defineCollate({
  name: "masked-language-model",
  summary: "token ids of which some are hidden, and the hidden ones as targets",
  options,
  random: true,
  create(given, { facts }) {
    const options = resolveFacts(given, facts);
    const spared = new Set([...(options.specialTokens ?? specialTokens(facts)), options.maskToken]);
    return (
      samples: readonly unknown[],
      allocator: Allocator,
      types?: FieldTypes,
      context?: BatchContext,
    ) => {
      const objects = requireObjects("masked-language-model", samples);
      const tokens = tokensOf(objects, options.field, "field", options);
      const own = collate(tokens, spared, options, allocator, context);
      return assembled({ samples: objects, used: [options.field], own, allocator, types });
    };
  },
});

function collate(
  tokens: readonly Int32Array[],
  spared: ReadonlySet<number>,
  options: Options,
  allocator: Allocator,
  context: BatchContext | undefined,
): Fields {
  const {
    field: own,
    targetField: target,
    padToMultipleOf: multiple,
    paddingSide: side,
    paddingValue,
  } = options;
  const length = widest(tokens, multiple);
  const form = { length, side, allocator };
  const mask = attentionMask(
    tokens.map((row) => row.length),
    { length, paddingSide: side, allocator },
  );
  // Whoever asks has hidden tokens himself.
  if (context?.loose === true) {
    return { [own]: filled(tokens, { ...form, fill: paddingValue }), attentionMask: mask };
  }
  const made = tokens.map((row, entry) => hidden(row, spared, options, drawing(context, entry)));
  return {
    [own]: filled(
      made.map(({ seen }) => seen),
      { ...form, fill: paddingValue },
    ),
    [target]: filled(
      made.map(({ targets }) => targets),
      { ...form, fill: noTarget },
    ),
    attentionMask: mask,
  };
}

/** Two draws for each token that may be hidden, and one more for each random token, all from the sample's own numbers. */
function hidden(
  tokens: Int32Array,
  spared: ReadonlySet<number>,
  { maskProbability, maskShare, randomShare, maskToken, vocabularySize }: Options,
  random: Random,
): { readonly seen: Int32Array; readonly targets: Int32Array } {
  const seen = tokens.slice();
  const targets = new Int32Array(tokens.length).fill(noTarget);
  for (const [i, token] of tokens.entries()) {
    if (spared.has(token) || !random.chance(maskProbability)) continue;
    targets[i] = token;
    const how = random.uniform();
    if (how < maskShare) seen[i] = maskToken;
    else if (how < maskShare + randomShare) seen[i] = random.integer(vocabularySize);
  }
  return { seen, targets };
}

function drawing(context: BatchContext | undefined, entry: number): Random {
  if (context !== undefined) return context.random(entry);
  throw new MillraceError(
    "OPTION_INVALID",
    "masked-language-model draws the random numbers of each sample, but was called without a context",
    { hint: "Call it as a loader does, with a `BatchContext` for the fourth argument." },
  );
}
