/**
 * Normalizers of a tokenizer.json, with the results of the original in Rust. Those of `@huggingface/tokenizers` differ from it
 * where JavaScript does: in what is white space (U+0085 is, U+FEFF is not), and in the last Σ of a word.
 */
import {
  NFCNormalizer,
  NFDNormalizer,
  NFKCNormalizer,
  NFKDNormalizer,
  PrependNormalizer,
  ReplaceNormalizer,
  StripAccentsNormalizer,
} from "./library.js";
import { byteCharacters, messageOf } from "@millrace/core";
import { isWhitespace } from "../tokenizing/words.js";
import { fault, type Part } from "./file.js";
import { precompiled } from "./precompiled.js";

export type Normalize = (text: string) => string;

/** @throws MillraceError FILE_FORMAT for one that is not known. */
export function normalizerOf(part: Part | null, path: string): Normalize | undefined {
  if (part === null) return undefined;
  switch (part.type) {
    case "Sequence": {
      const steps = (part.normalizers as Part[]).flatMap((step) => normalizerOf(step, path) ?? []);
      return (text) => steps.reduce((changed, step) => step(changed), text);
    }
    case "Lowercase":
      return lowercase;
    case "Strip":
      return (text) => strip(text, part.strip_left === true, part.strip_right === true);
    case "BertNormalizer":
      return (text) => bert(text, part);
    case "Nmt":
      return nmt;
    case "ByteLevel":
      return namesOfBytes;
    case "Precompiled":
      return precompiled(part.precompiled_charsmap as string, path);
    default:
      return fromLibrary(part, path);
  }
}

const library = {
  NFC: NFCNormalizer,
  NFD: NFDNormalizer,
  NFKC: NFKCNormalizer,
  NFKD: NFKDNormalizer,
  Prepend: PrependNormalizer,
  Replace: ReplaceNormalizer,
  StripAccents: StripAccentsNormalizer,
};

function fromLibrary(part: Part, path: string): Normalize {
  if (!Object.hasOwn(library, part.type)) {
    throw fault(path, `must have a normalizer that is known, was "${part.type}"`, unknownHint);
  }
  const normalizer = translated(part, path, (whole) => new library[part.type as keyof typeof library](whole));
  return (text) => normalizer.normalize(text);
}

/**
 * What the library makes of a part: it translates the original's regular expressions (Oniguruma's) into JavaScript's.
 * @throws MillraceError FILE_FORMAT for one that cannot be said in those.
 */
export function translated<T>(part: Part, path: string, make: (part: Part) => T): T {
  const { Regex: source } = Object(part.pattern) as { readonly Regex?: string };
  if (source === undefined) return make(part);
  try {
    // Without regard to case from the beginning on: the library knows groups of that kind.
    return make(
      source.startsWith("(?i)") ? { ...part, pattern: { Regex: `(?i:${source.slice(4)})` } } : part,
    );
  } catch (error) {
    throw fault(
      path,
      `must have patterns that JavaScript knows, has ${source}: ${messageOf(error)}`,
      unknownHint,
    );
  }
}

export const unknownHint =
  "Take a tokenizer without it, or write a transform that calls the tokenizer's own library.";

/** Letter by letter: the original knows no last Σ of a word. */
function lowercase(text: string): string {
  return text.replaceAll("Σ", "σ").toLowerCase();
}

export function strip(text: string, left: boolean, right: boolean): string {
  let [start, end] = [0, text.length];
  if (left) while (start < end && isWhitespace(text.charCodeAt(start))) start++;
  if (right) while (end > start && isWhitespace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/** SentencePiece's of machine translation: control characters out, some white space and what looks like it as spaces. */
function nmt(text: string): string {
  return text.replace(nmtControl, "").replace(nmtSpace, " ");
}

const nmtControl = /(?![\0\t\n\f\r\u0080-\u008e\u0090-\u009e])\p{Cc}/gu;
const nmtSpace = /[\t\n\f\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]/g;

/** The bytes of a text by the names that they have in byte-level vocabularies. */
export function namesOfBytes(text: string): string {
  return Array.from(Buffer.from(text), (byte) => byteCharacters[byte]).join("");
}

/** BERT's: control characters out, white space as spaces, CJK characters apart, accents off, lower case. */
function bert(text: string, part: Part): string {
  let made = text;
  if (part.clean_text === true) {
    made = made.replace(control, "");
    made = made.replace(/[\t\n\r\p{White_Space}]/gu, " ");
  }
  if (part.handle_chinese_chars === true) made = made.replace(ideographs, " $& ");
  if (part.strip_accents ?? part.lowercase) made = made.normalize("NFD").replace(/\p{Mn}/gu, "");
  return part.lowercase === true ? lowercase(made) : made;
}

/** Formatting characters that are younger than the original's tables stay. */
const control = /\ufffd|(?![\t\n\r\u0890\u0891\u08e2\u{110cd}\u{13430}-\u{1343f}])[\p{Cc}\p{Cf}\p{Co}]/gu;

const ideographs =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu;
