/** The normalizer of SentencePiece: a table of replacements, compiled into a trie of bytes (Darts-clone). */
import { fault } from "./file.js";

/**
 * Replaces what the table has, longest first; of a character with marks as a whole where it has that, else code point by
 * code point, as `spm_precompiled` does.
 */
export function precompiled(charsmap: string, path: string): (text: string) => string {
  const bytes = Buffer.from(charsmap ?? "", "base64");
  const size = bytes.length < 4 ? -1 : bytes.readUInt32LE(0);
  if (size < 0 || size % 4 !== 0 || 4 + size > bytes.length)
    throw fault(
      path,
      "must have a whole `precompiled_charsmap`, but it is cut off",
      "Download the file again.",
    );
  const trie = Uint32Array.from({ length: size / 4 }, (_, i) => bytes.readUInt32LE(4 + 4 * i));
  const replacements = bytes.subarray(4 + size);
  const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
  const replaced = (part: string): string | undefined => {
    const at = find(trie, Buffer.from(part));
    return at < 0 ? undefined : replacements.toString("utf8", at, replacements.indexOf(0, at));
  };
  return (text) => {
    let made = "";
    for (const { segment } of segmenter.segment(text)) {
      const whole = Buffer.byteLength(segment) < 6 ? replaced(segment) : undefined;
      if (whole !== undefined) made += whole;
      else for (const character of segment) made += replaced(character) ?? character;
    }
    return made;
  };
}

/** Where the replacement of the shortest prefix of `key` stands that the trie has; −1 for none. */
function find(trie: Uint32Array, key: Uint8Array): number {
  let node = offsetOf(trie[0]);
  for (const byte of key) {
    if (byte === 0) return -1;
    node ^= byte;
    const unit = trie[node];
    if ((unit & 0x800000ff) >>> 0 !== byte) return -1;
    node ^= offsetOf(unit);
    if (((unit >>> 8) & 1) === 1) return trie[node] & 0x7fffffff;
  }
  return -1;
}

function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}
