/** What is known of token ids: their names, the special ones among them, and how ids become text again. */

import type { DatasetFacts } from "../contracts/dataset.js";

/** How the names of tokens become text: see `decodeTokens`. */
export type TokenDecoder = "characters" | "words" | "byteLevel" | "wordPiece" | "metaspace";

/** A special token that has a task of its own; the id of each that a vocabulary has stands under its name. */
export type SpecialRole = "padding" | "unknown" | "begin" | "end" | "separator" | "mask";

/**
 * A vocabulary as a fact of the data: `facts.vocabulary` is that of the field "tokens", `facts.vocabularies[field]` that
 * of another. Plain JSON.
 */
export interface Vocabulary extends Readonly<Partial<Record<SpecialRole, number>>> {
  /** The largest id + 1: rows of an embedding, units of a last layer. */
  readonly size: number;
  /** The name of each id; "" where there is no such token. */
  readonly tokens: readonly string[];
  /** Ids that stand for no text, in their order. */
  readonly special: readonly number[];
  readonly decoder: TokenDecoder;
}

/** The vocabularies that facts know, by the field whose ids they name. */
export function vocabulariesOf({
  vocabulary,
  vocabularies,
}: DatasetFacts): Readonly<Record<string, Vocabulary>> {
  const known = {
    ...(vocabularies as object | undefined),
    ...(vocabulary === undefined ? {} : { tokens: vocabulary }),
  };
  return Object.fromEntries(
    Object.entries(known).filter((entry): entry is [string, Vocabulary] => isVocabulary(entry[1])),
  );
}

/** Facts may come of a run's file, or of a plugin with a vocabulary of another form. */
function isVocabulary(value: unknown): value is Vocabulary {
  const { size, tokens, special, decoder } = Object(value) as Partial<Record<keyof Vocabulary, unknown>>;
  return (
    typeof size === "number" && Array.isArray(tokens) && Array.isArray(special) && typeof decoder === "string"
  );
}

/** GPT-2's alphabet: a printable character for each byte, and the byte of each. */
const byteOfCharacter = new Map<string, number>();
const characterOfByte: string[] = [];
for (let byte = 0, more = 256; byte < 256; byte++) {
  const shows = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
  const character = String.fromCharCode(shows ? byte : more++);
  byteOfCharacter.set(character, byte);
  characterOfByte.push(character);
}

/** The names of single bytes in byte-level vocabularies, by byte: "A" for 65, "Ġ" for a space. */
export const byteCharacters: readonly string[] = characterOfByte;

/** The bytes that a name in a byte-level vocabulary stands for; undefined for a name that is none. */
export function bytesOfToken(name: string): Uint8Array | undefined {
  const bytes = new Uint8Array(name.length);
  for (let i = 0; i < name.length; i++) {
    const byte = byteOfCharacter.get(name[i]);
    if (byte === undefined) return undefined;
    bytes[i] = byte;
  }
  return bytes;
}

/**
 * The text of token ids, without special tokens. `characters` are joined as they stand, `words` by a space, `wordPiece`
 * by a space where no "##" stands before a name, `metaspace` with "▁" as a space and "<0x0A>" as a byte; names of
 * `byteLevel` are bytes of UTF-8, what is none becomes U+FFFD. Ids that are not there are left out.
 */
export function decodeTokens(
  { tokens, special, decoder }: Pick<Vocabulary, "tokens" | "special" | "decoder">,
  ids: Iterable<number>,
): string {
  const left = new Set(special);
  const names: string[] = [];
  for (const id of ids) if (!left.has(id) && tokens[id] !== undefined) names.push(tokens[id]);
  switch (decoder) {
    case "characters":
      return names.join("");
    case "words":
      return names.join(" ");
    case "wordPiece":
      return names.join(" ").replaceAll(" ##", "");
    case "byteLevel":
      return textOfBytes(names.map((name) => bytesOfToken(name) ?? new TextEncoder().encode(name)));
    case "metaspace":
      return textOfBytes(names.map(bytesOfPiece)).replace(/^ /, "");
    default:
      return decoder satisfies never;
  }
}

function bytesOfPiece(name: string): Uint8Array {
  const byte = /^<0x([0-9A-F]{2})>$/.exec(name);
  if (byte !== null) return Uint8Array.of(Number.parseInt(byte[1], 16));
  return new TextEncoder().encode(name.replaceAll("▁", " "));
}

function textOfBytes(parts: readonly Uint8Array[]): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Buffer.concat(parts));
}
