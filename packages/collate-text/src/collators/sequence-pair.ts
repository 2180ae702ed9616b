/** Collation of pairs of sequences, for models that read one and write the other. */
import {
  type Allocator,
  type BatchContext,
  defineCollate,
  type FieldTypes,
  numberOrFact,
  resolveFacts,
  type WithFacts,
} from "@millrace/core";
import { z } from "zod";
import { assembled } from "../sequences/assembled.js";
import { attentionMask } from "../sequences/attention-mask.js";
import { padToMultipleOf, padding, paddingSide, targetField, truncationSide } from "../sequences/options.js";
import { type Fields, requireObjects } from "../sequences/samples.js";
import { filled, noTarget, tokensOf, widest } from "../sequences/tokens.js";

const most = (what: string) =>
  z
    .int()
    .min(1)
    .optional()
    .describe(`longer ${what} lose what is beyond so many tokens; default: nothing is cut`);

const options = z.strictObject({
  source: z
    .string()
    .min(1)
    .default("source")
    .describe("sample field of the token ids that are read; default source"),
  target: z
    .string()
    .min(1)
    .default("target")
    .describe("sample field of the token ids that are to be written; default target"),
  targetField,
  startToken: numberOrFact(z.int().min(0)).describe(
    'what the decoder is given first, before the tokens of the target, where they do not begin with it themselves; a token, or a fact such as {"from": "vocabularies.target.begin"}',
  ),
  maxSourceLength: most("sources"),
  maxTargetLength: most("targets"),
  truncationSide,
  paddingValue: padding,
  paddingSide,
  padToMultipleOf,
});

type Options = WithFacts<z.output<typeof options>>;

export default defineCollate({
  name: "sequence-pair",
  summary: "pads sources and targets, and shifts targets right for the decoder's input",
  options,
  create(given, { facts }) {
    const options = resolveFacts(given, facts);
    const { source, target, truncationSide: cut, maxSourceLength, maxTargetLength } = options;
    return (
      samples: readonly unknown[],
      allocator: Allocator,
      types?: FieldTypes,
      context?: BatchContext,
    ) => {
      const objects = requireObjects("sequence-pair", samples);
      const sources = tokensOf(objects, source, "source", {
        maxLength: maxSourceLength,
        truncationSide: cut,
      });
      // What is to be predicted need not have a target.
      const isLoose = context?.loose === true && objects.some((sample) => !(target in sample));
      const limits = { maxLength: maxTargetLength, truncationSide: cut };
      const targets = isLoose
        ? undefined
        : tokensOf(objects, target, "target", limits).map((tokens) => withoutStart(tokens, options));
      const own = {
        ...sourcesOf(sources, options, allocator),
        ...(targets === undefined
          ? {
              decoderInput: filled(
                sources.map(() => [options.startToken]),
                { length: 1, fill: 0, allocator },
              ),
            }
          : targetsOf(targets, options, allocator)),
      };
      return assembled({ samples: objects, used: [source, target], own, allocator, types });
    };
  },
});

/** A tokenizer whose vocabulary has a beginning puts it there too: to be written is what follows. */
function withoutStart(tokens: Int32Array, { startToken }: Options): Int32Array {
  return tokens.length > 0 && tokens[0] === startToken ? tokens.subarray(1) : tokens;
}

function sourcesOf(sources: readonly Int32Array[], options: Options, allocator: Allocator): Fields {
  const { source, padToMultipleOf: multiple, paddingSide: side, paddingValue: fill } = options;
  const length = widest(sources, multiple);
  const lengths = sources.map((tokens) => tokens.length);
  return {
    [source]: filled(sources, { length, side, fill, allocator }),
    attentionMask: attentionMask(lengths, { length, paddingSide: side, allocator }),
  };
}

function targetsOf(targets: readonly Int32Array[], options: Options, allocator: Allocator): Fields {
  const { startToken, padToMultipleOf: multiple, paddingSide: side, paddingValue: fill } = options;
  const length = widest(targets, multiple);
  const form = { length, side, allocator };
  const shifted = targets.map((tokens) => {
    // On the right the last token has room where padding begins: no target stands there.
    const input = new Int32Array(side === "right" ? Math.min(tokens.length + 1, length) : tokens.length);
    input.set(tokens.subarray(0, Math.max(0, input.length - 1)), Math.min(1, input.length));
    return input.fill(startToken, 0, 1);
  });
  return {
    decoderInput: filled(shifted, { ...form, fill }),
    [options.targetField]: filled(targets, { ...form, fill: noTarget }),
  };
}
