/** Added tokens in texts, as `AddedVocabulary` of the original finds them. */
import { isWhitespace } from "../tokenizing/words.js";
import type { AddedToken, TokenizerJson } from "./file.js";
import type { Normalize } from "./normalizers.js";
import { Trie } from "./trie.js";

/** Told of a text's parts in their order. */
export interface PartVisitor {
  token(id: number): void;
  /** What lies between tokens, normalized and not empty; `first` where nothing lies before it. */
  text(part: string, first: boolean): void;
}

export type DivideByTokens = (text: string, visitor: PartVisitor) => void;

/**
 * Tokens that are not normalized are found in the text as it stands, the others in what the normalizer makes of the rest,
 * where their names are normalized too. Names of special tokens are text unless `parseSpecialTokens`; they still hide shorter
 * names that they begin with, as in the original.
 */
export function dividingByTokens(
  { added_tokens }: Pick<TokenizerJson, "added_tokens">,
  normalize: Normalize | undefined,
  parseSpecialTokens: boolean,
): DivideByTokens {
  const isLeft = ({ special }: AddedToken): boolean => special && !parseSpecialTokens;
  const finder = (
    tokens: readonly AddedToken[],
    nameOf: (token: AddedToken) => string,
  ): Finder | undefined => (tokens.every(isLeft) ? undefined : finding(tokens, nameOf, isLeft));
  // Of two tokens with one name the special one counts.
  const inOrder = [...added_tokens].sort((a, b) => Number(b.special) - Number(a.special));
  const plain = finder(
    inOrder.filter(({ normalized }) => normalized !== true),
    ({ content }) => content,
  );
  const others = finder(
    inOrder.filter(({ normalized }) => normalized === true),
    ({ content }) => (normalize === undefined ? content : normalize(content)),
  );
  return (text, visitor) => {
    const found = (token: AddedToken): void => visitor.token(token.id);
    const rest = (part: string, start: number): void => {
      const made = normalize === undefined || part === "" ? part : normalize(part);
      if (made === "") return;
      const told = (piece: string, at: number): void => visitor.text(piece, start === 0 && at === 0);
      if (others === undefined) told(made, 0);
      else others(made, found, told);
    };
    if (plain === undefined) rest(text, 0);
    else plain(text, found, rest);
  };
}

type Finder = (
  text: string,
  found: (token: AddedToken) => void,
  between: (part: string, start: number) => void,
) => void;

/** The leftmost token, and the longest of those that begin there. */
function finding(
  tokens: readonly AddedToken[],
  nameOf: (token: AddedToken) => string,
  isLeft: (token: AddedToken) => boolean,
): Finder {
  const trie = new Trie();
  const known = new Set([""]);
  for (const [i, token] of tokens.entries()) {
    const name = nameOf(token);
    if (!known.has(name)) trie.add(name, i);
    known.add(name);
  }
  return (text, found, between) => {
    let from = 0;
    for (let at = 0; at < text.length; ) {
      const match = trie.longest(text, at);
      if (match === undefined) {
        at++;
        continue;
      }
      const token = tokens[match.token];
      const { end } = match;
      if (!isLeft(token) && (token.single_word !== true || isWord(text, at, end))) {
        const start = token.lstrip === true ? Math.max(from, spaceBefore(text, at)) : at;
        if (start > from) between(text.slice(from, start), from);
        found(token);
        from = token.rstrip === true ? spaceBehind(text, end) : end;
      }
      at = end;
    }
    if (from < text.length) between(text.slice(from), from);
  };
}

const wordBefore = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u200c\u200d]$/u;
const wordBehind = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u200c\u200d]/u;

function isWord(text: string, start: number, end: number): boolean {
  // Two units hold any code point.
  return (
    !wordBefore.test(text.slice(Math.max(0, start - 2), start)) && !wordBehind.test(text.slice(end, end + 2))
  );
}

function spaceBefore(text: string, end: number): number {
  let start = end;
  while (start > 0 && isWhitespace(text.charCodeAt(start - 1))) start--;
  return start;
}

function spaceBehind(text: string, start: number): number {
  let end = start;
  while (end < text.length && isWhitespace(text.charCodeAt(end))) end++;
  return end;
}
