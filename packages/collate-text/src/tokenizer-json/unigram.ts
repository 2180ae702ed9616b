/** The best path through the pieces of a unigram model, ties as the original in Rust breaks them. */

import { Trie } from "./trie.js";

/** What is taken off the least score for a character that no token has. */
const unknownPenalty = 10;

/**
 * `encode_optimized` of Hugging Face's `tokenizers` (after SentencePiece): the first of several best tokens that end at a
 * place stays. Unknown characters in a row are one piece.
 */
export function unigramPieces(
  vocab: readonly (readonly [string, number])[],
  unknown: number | undefined,
): (text: string) => string[] {
  const trie = new Trie();
  const scores = Float64Array.from(vocab, ([, score]) => asRead(score));
  for (const [id, [token]] of vocab.entries()) trie.add(token, id);
  const unknownScore = scores.reduce((least, score) => Math.min(least, score), Infinity) - unknownPenalty;
  return (text) => {
    const { length } = text;
    const best = new Float64Array(length + 1);
    const from = new Int32Array(length + 1).fill(-1);
    const ids = new Int32Array(length + 1);
    const reach = (start: number, end: number, score: number, id: number): void => {
      if (from[end] >= 0 && !(score > best[end])) return;
      best[end] = score;
      from[end] = start;
      ids[end] = id;
    };
    for (let start = 0; start < length; ) {
      const next = start + (text.charCodeAt(start) >> 10 === 0x36 && start + 1 < length ? 2 : 1);
      let isSingle = false;
      let node = trie.step(0, text.charCodeAt(start));
      for (let end = start + 1; node !== 0; end++) {
        const id = trie.tokenAt(node);
        if (id >= 0) {
          reach(start, end, scores[id] + best[start], id);
          isSingle ||= end === next;
        }
        node = end < length ? trie.step(node, text.charCodeAt(end)) : 0;
      }
      if (!isSingle) reach(start, next, unknownScore + best[start], unknown ?? -1);
      start = next;
    }
    return piecesOf(text, from, ids, unknown ?? -1);
  };
}

/**
 * A score as the original reads it of its file (serde_json without `float_roundtrip`): all digits as one number, then a power of
 * ten. It may differ in its last bit, which decides between paths of equal scores.
 */
export function asRead(score: number): number {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(score));
  if (match === null) return score;
  const [, sign, whole, part = "", exponent = "0"] = match;
  const digits = Number(whole + part);
  const power = Number(exponent) - part.length;
  const read = power < 0 ? digits / 10 ** -power : digits * 10 ** power;
  return sign === "-" ? -read : read;
}

function piecesOf(text: string, from: Int32Array, ids: Int32Array, unknown: number): string[] {
  const pieces: string[] = [];
  let joined = -1;
  for (let end = text.length; end > 0; end = from[end]) {
    if (ids[end] === unknown) {
      if (joined < 0) joined = end;
      if (from[end] > 0 && ids[from[end]] === unknown) continue;
      pieces.push(text.slice(from[end], joined));
      joined = -1;
    } else pieces.push(text.slice(from[end], end));
  }
  return pieces.reverse();
}
