/** How often each token was seen: what vocabularies are learned from. */
import type { FittedState, Fitter } from "@millrace/core";
import { columnOf, type Sample, textIn, textOf } from "../texts.js";
import { textFields, type Tokenizing } from "../tokenizing/options.js";
import type { Scanner, TokenVisitor } from "../tokenizing/scanner.js";
import { TextUnits, TokenKey } from "../tokenizing/units.js";
import { TokenTable } from "./token-table.js";

/** What was seen, as data that crosses threads: the tokens in one text, and where each ends in it. */
export interface CountsPartial {
  readonly text: string;
  readonly ends: Int32Array;
  readonly counts: Float64Array;
}

export class TokenCounts implements TokenVisitor {
  readonly #table = new TokenTable();
  #counts = new Float64Array(256);

  visit({ units }: TextUnits, start: number, end: number, key: TokenKey): void {
    this.#add(units, start, end, key, 1);
  }

  partial(): CountsPartial {
    const tokens = Array.from({ length: this.#table.size }, (_, i) => this.#table.token(i));
    const ends = new Int32Array(tokens.length);
    tokens.forEach((token, i) => (ends[i] = (ends[i - 1] ?? 0) + token.length));
    return { text: tokens.join(""), ends, counts: this.#counts.slice(0, tokens.length) };
  }

  merge({ text, ends, counts }: CountsPartial): void {
    const { units } = TextUnits.of(text);
    const key = new TokenKey();
    for (let i = 0; i < ends.length; i++) {
      const start = i === 0 ? 0 : ends[i - 1];
      this.#add(units, start, ends[i], key.of(units, start, ends[i]), counts[i]);
    }
  }

  *entries(): Generator<{ readonly token: string; readonly count: number }> {
    for (let i = 0; i < this.#table.size; i++) yield { token: this.#table.token(i), count: this.#counts[i] };
  }

  /** Tokens seen at least `minCount` times, the most frequent first, ties by code point. */
  frequent(minCount: number): string[] {
    const found = [...this.entries()].filter(({ count }) => count >= minCount);
    found.sort((a, b) => b.count - a.count || byCodePoint(a.token, b.token));
    return found.map(({ token }) => token);
  }

  #add(units: Uint16Array, start: number, end: number, key: TokenKey, more: number): void {
    const token = this.#table.add(units, start, end, key);
    if (token >= this.#counts.length) {
      const larger = new Float64Array(2 * this.#counts.length);
      larger.set(this.#counts);
      this.#counts = larger;
    }
    this.#counts[token] += more;
  }
}

/** The order of code points, in which U+FFFD stands before an emoji; that of UTF-16 units has it behind. */
export function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x === y) continue;
    const [high, low] = [isHalf(x), isHalf(y)];
    return high === low ? x - y : high ? 1 : -1;
  }
  return a.length - b.length;
}

function isHalf(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xe000;
}

/** A vocabulary as it is learned and kept: tokens in the order of their ids, behind the special ones. */
export type LearnedTokens = { readonly tokens: readonly string[] };

/** A fitter that counts the tokens of a sample's texts. `learn` makes the state of what was counted. */
export function countingFitter<S extends FittedState>(
  transform: string,
  options: Tokenizing,
  scan: Scanner,
  learn: (counts: TokenCounts) => S,
): Fitter<Sample, CountsPartial, S> {
  const counts = new TokenCounts();
  const names = textFields(options);
  const text = new TextUnits();
  return {
    add(sample) {
      for (const name of names) scan(text.load(textOf(sample, name, transform)), counts);
    },
    addColumns(columns) {
      for (const name of names) {
        for (const value of columnOf(columns, name, transform))
          scan(text.load(textIn(value, name, transform)), counts);
      }
    },
    partial: () => counts.partial(),
    merge: (partial) => counts.merge(partial),
    state: () => learn(counts),
  };
}
