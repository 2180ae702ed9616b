/** A tokenizer whose tokens are parts of the text, with a vocabulary that is learned of them or stated. */
import type { DatasetFacts, FieldTypes, TokenDecoder, TransformForms, Vocabulary } from "@millrace/core";
import type { Sample } from "../texts.js";
import type { Changed } from "../tokenizing/changing.js";
import { tokenizingForms } from "../tokenizing/forms.js";
import { type Tokenizing, factsBehind, fieldsBehind, touched } from "../tokenizing/options.js";
import type { Scanner } from "../tokenizing/scanner.js";
import { TextUnits } from "../tokenizing/units.js";
import { countingFitter, type LearnedTokens } from "./counts.js";
import type { VocabularyOptions } from "./options.js";
import { aroundTexts, chooseTokens, ordinaryTokens, TokenLookup, vocabularyFacts } from "./vocabulary.js";

export interface ScanningOptions extends Tokenizing {
  readonly vocabulary: VocabularyOptions;
}

interface Scanning<O extends ScanningOptions> {
  readonly name: string;
  readonly decoder: TokenDecoder;
  /** What finds the tokens with these options. */
  readonly scanner: (options: O) => Scanner;
  /** What changes texts before they are scanned; undefined where they stay as they are. */
  readonly prepare?: (options: O) => ((text: string) => Changed) | undefined;
}

/** What `defineTransform` takes beside name, summary and options. */
export function scanningTransform<O extends ScanningOptions>({
  name,
  decoder,
  scanner,
  prepare = () => undefined,
}: Scanning<O>) {
  const vocabularyOf = ({ vocabulary }: O, fitted: LearnedTokens | undefined): Vocabulary =>
    vocabularyFacts(vocabulary, ordinaryTokens(vocabulary, fitted), decoder);
  return {
    fit(options: O) {
      const { vocabulary } = options;
      if (vocabulary.tokens !== undefined) return undefined;
      const scan = scanner(options);
      const prepared = prepare(options);
      const changed = new TextUnits();
      const scanned: Scanner =
        prepared === undefined
          ? scan
          : ({ text }, visitor) => scan(changed.load(prepared(text).text), visitor);
      return countingFitter(name, options, scanned, (counts) => chooseTokens(name, vocabulary, counts));
    },
    touches: touched,
    fields: (types: FieldTypes, options: O) => fieldsBehind(types, options),
    facts: (facts: DatasetFacts, options: O, fitted: LearnedTokens | undefined): DatasetFacts =>
      factsBehind(facts, options, vocabularyOf(options, fitted)),
    create(
      options: O,
      { fitted }: { readonly fitted: LearnedTokens | undefined },
    ): TransformForms<Sample, Sample> {
      const vocabulary = vocabularyOf(options, fitted);
      const lookup = new TokenLookup(vocabulary, options.vocabulary.unknown, {
        transform: name,
        field: options.field,
      });
      const scan = scanner(options);
      const prepared = prepare(options);
      const units = new TextUnits();
      return tokenizingForms(name, options, {
        ...aroundTexts(vocabulary),
        encode(text, ids) {
          lookup.ids = ids;
          if (prepared === undefined) {
            scan(units.load(text), lookup);
            return;
          }
          const first = ids.length;
          const { text: changed, places } = prepared(text);
          scan(units.load(changed), lookup);
          if (places !== undefined) ids.move(first, places);
        },
      });
    },
  };
}
