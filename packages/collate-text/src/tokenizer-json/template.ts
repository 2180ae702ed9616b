/** The special tokens that a tokenizer.json's post-processor puts around texts. */
import { type Around, nothingAround, type SpecialToken } from "../tokenizing/forms.js";
import { fault, type Part, type TokenizerJson } from "./file.js";

export interface Template {
  readonly single: Around;
  readonly pair: Around;
}

/** @throws MillraceError FILE_FORMAT for a post-processor that is not known, or changes the order of texts. */
export function templateOf({ post_processor }: TokenizerJson, path: string): Template {
  if (post_processor === null) return plain;
  switch (post_processor.type) {
    case "ByteLevel":
      return plain;
    case "Sequence": {
      const templates = (post_processor.processors as Part[]).filter(({ type }) => type !== "ByteLevel");
      if (templates.length > 1)
        throw fault(path, "must have one post-processor with special tokens", asIsHint);
      return templateOf({ post_processor: templates[0] ?? null } as TokenizerJson, path);
    }
    case "BertProcessing":
      return aroundBoth(post_processor, [1], 1);
    case "RobertaProcessing":
      return aroundBoth(post_processor, [0, 0], 0);
    case "TemplateProcessing":
      return {
        single: piecesOf(post_processor, "single", path),
        pair: piecesOf(post_processor, "pair", path),
      };
    default:
      throw fault(path, `must have a post-processor that is known, was "${post_processor.type}"`, asIsHint);
  }
}

const plain: Template = { single: nothingAround, pair: nothingAround };

const asIsHint = "Set `post_processor` to null in the file, and add special tokens otherwise.";

/** `[CLS] A [SEP] B [SEP]`; of RoBERTa `<s> A </s></s> B </s>`, all of type 0. */
function aroundBoth(part: Part, separators: readonly number[], second: number): Template {
  const [, begin] = part.cls as [string, number];
  const [, end] = part.sep as [string, number];
  const [before, one] = [[{ id: begin, type: 0 }], { id: end, type: 0 }];
  return {
    single: { before, between: [], after: [one], types: [0, 1] },
    pair: {
      before,
      between: separators.map(() => one),
      after: [{ id: end, type: second }],
      types: [0, second],
    },
  };
}

interface Piece {
  readonly SpecialToken?: { readonly id: string; readonly type_id: number };
  readonly Sequence?: { readonly id: "A" | "B"; readonly type_id: number };
}

function piecesOf(part: Part, which: "single" | "pair", path: string): Around {
  const tokens = part.special_tokens as Readonly<Record<string, { readonly ids: readonly number[] }>>;
  const groups: SpecialToken[][] = [[]];
  const texts: string[] = [];
  const types: number[] = [];
  for (const { SpecialToken: special, Sequence: text } of part[which] as Piece[]) {
    if (special !== undefined) {
      const ids = tokens[special.id]?.ids ?? [];
      groups.at(-1)?.push(...ids.map((id) => ({ id, type: special.type_id })));
    } else if (text !== undefined) {
      texts.push(text.id);
      types.push(text.type_id);
      groups.push([]);
    }
  }
  if (texts.join("") !== (which === "single" ? "A" : "AB"))
    throw fault(path, `must have the texts of a ${which} once and in order`, asIsHint);
  const [before, between, after] = which === "single" ? [groups[0], [], groups[1]] : groups;
  return { before, between, after, types: [types[0], types[1] ?? types[0]] };
}
