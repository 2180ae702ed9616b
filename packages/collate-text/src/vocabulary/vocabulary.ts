/** A learned or stated vocabulary at work: ids of tokens, of special ones, and what is told of them. */
import { MillraceError, type TokenDecoder, type Vocabulary } from "@millrace/core";
import type { Around, SpecialToken } from "../tokenizing/forms.js";
import { IdList } from "../tokenizing/ids.js";
import type { TextUnits, TokenKey } from "../tokenizing/units.js";
import type { LearnedTokens, TokenCounts } from "./counts.js";
import { rolesOf, specialTokens, type VocabularyOptions } from "./options.js";
import { TokenTable } from "./token-table.js";

/** The tokens to be learned: those of `counts` that the options let in. Errors: TRANSFORM_INPUT where none is left. */
export function chooseTokens(
  transform: string,
  options: VocabularyOptions,
  counts: TokenCounts,
): LearnedTokens {
  const special = specialTokens(options).map(({ name }) => name);
  const names = new Set(special);
  const tokens = counts.frequent(options.minCount).filter((token) => !names.has(token));
  if (tokens.length === 0) {
    throw new MillraceError(
      "TRANSFORM_INPUT",
      `${transform} needs at least one token to learn from, but no token of the training texts is there ${options.minCount} times`,
      { hint: "Make `minCount` smaller, or see that the field holds the texts." },
    );
  }
  const { maxSize = Infinity } = options;
  return { tokens: tokens.slice(0, maxSize - special.length) };
}

/** The tokens behind the special ones. */
export function ordinaryTokens(
  { tokens }: VocabularyOptions,
  learned: LearnedTokens | undefined,
): readonly string[] {
  return tokens ?? learned?.tokens ?? [];
}

/** What is told of a vocabulary. */
export function vocabularyFacts(
  options: Pick<VocabularyOptions, "special" | "unknown">,
  tokens: readonly string[],
  decoder: TokenDecoder,
): Vocabulary {
  const special = specialTokens(options).map(({ name }) => name);
  const ids = Object.fromEntries(rolesOf(options).map(([role, name]) => [role, special.indexOf(name)]));
  return {
    size: special.length + tokens.length,
    ...ids,
    tokens: [...special, ...tokens],
    special: [...special.keys()],
    decoder,
  };
}

/** Special tokens around texts: `begin A end`, and `begin A separator B end`, each where there is one. */
export function aroundTexts(vocabulary: Vocabulary): { readonly single: Around; readonly pair: Around } {
  const tokens = (type: number, ...roles: (number | undefined)[]): SpecialToken[] =>
    roles.flatMap((id) => (id === undefined ? [] : [{ id, type }]));
  const { begin, end, separator = end } = vocabulary;
  const types: Around["types"] = [0, 1];
  return {
    single: { before: tokens(0, begin), between: [], after: tokens(0, end), types },
    pair: { before: tokens(0, begin), between: tokens(0, separator), after: tokens(1, end), types },
  };
}

/** Looks tokens up, where they stand in a text. */
export class TokenLookup {
  readonly #table: TokenTable;
  readonly #first: number;
  readonly #unknown: number | "error" | "skip";
  readonly #transform: string;
  readonly #field: string;
  /** Where ids go. */
  ids = new IdList(false);

  constructor(
    vocabulary: Vocabulary,
    unknown: VocabularyOptions["unknown"],
    { transform, field }: { readonly transform: string; readonly field: string },
  ) {
    this.#first = vocabulary.special.length;
    this.#table = TokenTable.of(vocabulary.tokens.slice(this.#first));
    this.#unknown = typeof unknown === "string" ? unknown : (vocabulary.unknown ?? "error");
    this.#transform = transform;
    this.#field = field;
  }

  visit({ text, units }: TextUnits, start: number, end: number, key: TokenKey): void {
    const found = this.#table.find(units, start, end, key);
    if (found >= 0) this.ids.push(found + this.#first, start, end);
    else if (this.#unknown === "error") throw this.#fault(text.slice(start, end));
    else if (this.#unknown !== "skip") this.ids.push(this.#unknown, start, end);
  }

  #fault(token: string): MillraceError {
    const shown = JSON.stringify(token.length > 60 ? `${token.slice(0, 57)}…` : token);
    return new MillraceError(
      "TRANSFORM_INPUT",
      `${this.#transform} needs tokens that its vocabulary has, but "${this.#field}" has ${shown}`,
      { hint: 'Let `unknown` be { "token": "<unk>" } or "skip".' },
    );
  }
}
