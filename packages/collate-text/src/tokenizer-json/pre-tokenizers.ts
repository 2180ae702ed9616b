/**
 * Pre-tokenizers of a tokenizer.json, with the results of the original in Rust. Those of `@huggingface/tokenizers` differ from
 * it in white space (U+0085, U+FEFF), in words beyond ASCII, in digits, and in what becomes of separators.
 */
import { ReplacePreTokenizer, SplitPreTokenizer } from "./library.js";
import { fault, type Part } from "./file.js";
import { namesOfBytes, translated, unknownHint } from "./normalizers.js";

/** The pieces of a text in their order; `first` is true for the first piece between added tokens. */
export type PreTokenize = (text: string, first: boolean) => readonly string[];

/** White space as Unicode and Rust have it. */
const space = "\\p{White_Space}";

/** GPT-2's pieces, which byte-level tokenizers have by default. */
export const byteLevelPattern = `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^${space}\\p{L}\\p{N}]+|${space}+(?!\\P{White_Space})|${space}+`;

const punctuation = "\\p{P}\\u0021-\\u002F\\u003A-\\u0040\\u005B-\\u0060\\u007B-\\u007E";
const word = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u200c\\u200d";

/** @throws MillraceError FILE_FORMAT for one that is not known. */
export function preTokenizerOf(part: Part | null, path: string): PreTokenize | undefined {
  if (part === null) return undefined;
  switch (part.type) {
    case "Sequence": {
      const steps = (part.pretokenizers as Part[]).flatMap((step) => preTokenizerOf(step, path) ?? []);
      return (text, first) =>
        steps.reduce<readonly string[]>(
          (pieces, step) =>
            pieces.flatMap((piece, i) => step(piece, first && i === 0 && text.startsWith(piece))),
          [text],
        );
    }
    case "ByteLevel":
      return byteLevel(part);
    case "Whitespace":
      return matching(`[${word}]+|[^${word}${space}]+`);
    case "WhitespaceSplit":
      return matching(`[^${space}]+`);
    case "BertPreTokenizer":
      return matching(`[^${space}${punctuation}]+|[${punctuation}]`);
    case "Metaspace":
      return metaspace(part);
    case "Punctuation":
      return dividing(new RegExp(`[${punctuation}]`, "gu"), part.behavior, false);
    case "Digits":
      return dividing(/\p{N}/gu, part.individual_digits === true ? "Isolated" : "Contiguous", false);
    case "CharDelimiterSplit":
      return (text) => text.split(part.delimiter as string).filter((piece) => piece !== "");
    case "FixedLength":
      return (text) => chunks(Array.from(text), Number(part.length));
    default:
      return fromLibrary(part, path);
  }
}

function fromLibrary(part: Part, path: string): PreTokenize {
  if (part.type === "Split") {
    const { pattern } = translated(part, path, (whole) => new SplitPreTokenizer(whole));
    if (pattern !== null) return dividing(pattern, part.behavior, part.invert === true);
  } else if (part.type === "Replace") {
    const replace = translated(part, path, (whole) => new ReplacePreTokenizer(whole));
    return (text) => replace.pre_tokenize_text(text);
  }
  throw fault(path, `must have a pre-tokenizer that is known, was "${part.type}"`, unknownHint);
}

function matching(source: string): PreTokenize {
  const pattern = new RegExp(source, "gu");
  return (text) => text.match(pattern) ?? [];
}

function byteLevel({ add_prefix_space: prefix = false, use_regex: divides = true }: Part): PreTokenize {
  const pattern = new RegExp(byteLevelPattern, "gu");
  return (text) => {
    const whole = prefix === true && !text.startsWith(" ") ? ` ${text}` : text;
    const pieces = divides === false ? [whole] : (whole.match(pattern) ?? []);
    return pieces.map(namesOfBytes);
  };
}

function metaspace(part: Part): PreTokenize {
  const { replacement = "▁", split = true } = part as { replacement?: string; split?: boolean };
  const scheme = part.prepend_scheme ?? (part.add_prefix_space === false ? "never" : "always");
  const pattern = new RegExp(replacement.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"), "gu");
  const divide = dividing(pattern, "MergedWithNext", false);
  return (text, first) => {
    let changed = text.replaceAll(" ", replacement);
    const prepends = scheme === "always" || (scheme === "first" && first);
    if (prepends && !changed.startsWith(replacement)) changed = replacement + changed;
    return split ? divide(changed, first) : [changed];
  };
}

/** Pieces between matches, and what becomes of the matches themselves: `SplitDelimiterBehavior`. */
function dividing(pattern: RegExp, behavior: unknown, invert: boolean): PreTokenize {
  return (text) => {
    const parts: { text: string; isMatch: boolean }[] = [];
    let from = 0;
    for (const match of text.matchAll(pattern)) {
      if (match.index > from) parts.push({ text: text.slice(from, match.index), isMatch: invert });
      if (match[0] !== "") parts.push({ text: match[0], isMatch: !invert });
      from = match.index + match[0].length;
    }
    if (from < text.length) parts.push({ text: text.slice(from), isMatch: invert });
    return joined(parts, typeof behavior === "string" ? behavior.toLowerCase() : "isolated");
  };
}

function joined(parts: readonly { text: string; isMatch: boolean }[], behavior: string): readonly string[] {
  if (behavior === "removed") return parts.flatMap(({ text, isMatch }) => (isMatch ? [] : [text]));
  if (behavior === "isolated") return parts.map(({ text }) => text);
  const pieces: string[] = [];
  let before: boolean | undefined;
  for (const { text, isMatch } of behavior === "mergedwithnext" ? [...parts].reverse() : parts) {
    const joins = behavior === "contiguous" ? before === isMatch : isMatch && before === false;
    if (!joins) pieces.push(text);
    else if (behavior === "mergedwithnext") pieces.push(text + (pieces.pop() ?? ""));
    else pieces.push((pieces.pop() ?? "") + text);
    before = isMatch;
  }
  return behavior === "mergedwithnext" ? pieces.reverse() : pieces;
}

function chunks(characters: readonly string[], length: number): string[] {
  const pieces: string[] = [];
  for (let i = 0; i < characters.length; i += length) pieces.push(characters.slice(i, i + length).join(""));
  return pieces;
}
