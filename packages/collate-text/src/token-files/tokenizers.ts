/** Tokenizers that need not be fitted, by what a spec says of them. */
import {
  type FittedState,
  MillraceError,
  type Plugin,
  type PluginContext,
  type TransformForms,
  vocabulariesOf,
  type Vocabulary,
} from "@millrace/core";
import { z } from "zod";
import bytes from "../transforms/bytes.js";
import characters from "../transforms/characters.js";
import tokenizerJson from "../transforms/tokenizer-json.js";
import words from "../transforms/words.js";

const known: readonly Plugin<"transform">[] = [bytes, characters, words, tokenizerJson];

/** One of the package's tokenizers with its options, as it stands among a spec's transforms. */
export const tokenizerOption = z
  .strictObject({
    use: z.enum(known.map(({ name }) => name)).describe("a tokenizer of this package"),
    with: z
      .record(z.string(), z.unknown())
      .default({})
      .describe("its options; `field`, `to`, `pair` and `maxLength` are the file's own"),
  })
  .superRefine(({ use, with: options }, context) => {
    const own = ["field", "to", "pair", "keep", "maxLength", "truncationSide", "offsets", "typeIds"];
    const taken = own.find((name) => name in options);
    if (taken !== undefined) {
      context.addIssue({
        code: "custom",
        message: `must not be stated: a token file has ids alone`,
        path: ["with", taken],
      });
      return;
    }
    const { error } = pluginOf(use).options.safeParse(options);
    for (const issue of error?.issues ?? []) context.addIssue({ ...issue, path: ["with", ...issue.path] });
  });

export type TokenizerUse = z.output<typeof tokenizerOption>;

function pluginOf(use: string): Plugin<"transform"> {
  return known.find(({ name }) => name === use) as Plugin<"transform">;
}

/** Texts to ids, without special tokens. */
export interface CorpusTokenizer {
  readonly vocabulary: Vocabulary;
  /** What ids depend on beside the options: the content of files that they name. */
  readonly content: FittedState;
  readonly encode: (texts: readonly string[]) => readonly Int32Array[];
}

/** Errors: OPTION_INVALID where it would have to be fitted. */
export async function openTokenizer(
  { use, with: given }: TokenizerUse,
  context: PluginContext,
): Promise<CorpusTokenizer> {
  const plugin = pluginOf(use);
  const options: unknown = plugin.options.parse({ ...given, addSpecialTokens: false });
  const place = { ...context, facts: {}, fields: {} };
  const fitter = plugin.fit?.(options, place);
  if (fitter !== undefined && plugin.fitsOptions !== true) throw notFitted(use);
  const fitted = fitter?.state();
  const made = await plugin.create(options, { ...place, fitted });
  const vocabulary = vocabulariesOf(plugin.facts?.({}, options, fitted, {}) ?? {}).tokens;
  const { applyMany } = made as Required<TransformForms>;
  return {
    vocabulary,
    content: fitted ?? null,
    encode(texts) {
      const samples = applyMany(
        texts.map((text) => ({ text })),
        {} as never,
      );
      return (samples as readonly { readonly tokens: Int32Array }[]).map(({ tokens }) => tokens);
    },
  };
}

function notFitted(use: string): MillraceError {
  return new MillraceError(
    "OPTION_INVALID",
    `a token file needs a tokenizer whose vocabulary is known, but ${use} would learn it from training samples`,
    {
      hint: 'State its tokens in `vocabulary.tokens`, take "bytes", or a `tokenizer.json`.',
      path: ["tokenizer", "with", "vocabulary"],
    },
  );
}
