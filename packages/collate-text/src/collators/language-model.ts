/** Collation for models that say what comes next: targets are the tokens, one step on. */
import {
  type Allocator,
  type BatchContext,
  defineCollate,
  type FieldTypes,
  resolveFacts,
  type WithFacts,
} from "@millrace/core";
import { z } from "zod";
import { assembled } from "../sequences/assembled.js";
import { attentionMask } from "../sequences/attention-mask.js";
import {
  field,
  maxLength,
  padToMultipleOf,
  padding,
  paddingSide,
  remainder,
  targetField,
  truncationSide,
} from "../sequences/options.js";
import { documentsOf, joined, packed, type Piece } from "../sequences/packing.js";
import { placesOf, wholeRows } from "../sequences/rows.js";
import { type Fields, requireObjects } from "../sequences/samples.js";
import { filled, noTarget, tokensOf, widest } from "../sequences/tokens.js";

const options = z
  .strictObject({
    field,
    targetField,
    packing: z
      .enum(["none", "concatenate", "first-fit"])
      .default("none")
      .describe(
        "none: a row for each sample, padded to the longest; concatenate: one sample after the other, cut where a row is full; first-fit: each sample whole in the first row with room for it; packed rows have no other fields; default none",
      ),
    length: z.int().min(1).optional().describe("steps of a row, where samples are packed"),
    remainder,
    documents: z
      .string()
      .min(1)
      .optional()
      .describe(
        "sample field that says of each step which document it is of, where a sample holds several; default: a sample is one document",
      ),
    maxLength,
    truncationSide,
    paddingValue: padding,
    paddingSide,
    padToMultipleOf,
  })
  .superRefine(({ packing, length }, context) => {
    if ((packing === "none") === (length === undefined)) return;
    const message =
      packing === "none"
        ? "length is for packed rows only: without packing take maxLength"
        : "packing needs a length";
    context.addIssue({ code: "custom", path: ["length"], message });
  });

type Options = WithFacts<z.output<typeof options>>;

export default defineCollate({
  name: "language-model",
  summary: "token ids and, as targets, the token that comes next in the same document",
  options,
  create(given, { facts }) {
    const options = resolveFacts(given, facts);
    return (
      samples: readonly unknown[],
      allocator: Allocator,
      types?: FieldTypes,
      context?: BatchContext,
    ) => {
      const objects = requireObjects("language-model", samples);
      const tokens = tokensOf(objects, options.field, "field", options);
      const documents = documentsOf(
        tokens.map(({ length }) => length),
        bordersOf(objects, tokens, options),
      );
      if (options.packing !== "none") return inPacks(tokens, documents, options, allocator);
      const own = inRows(tokens, documents, options, allocator, context?.loose === true);
      return assembled({ samples: objects, used: ownFields(options), own, allocator, types });
    };
  },
});

function ownFields({ field: own, documents }: Options): string[] {
  return documents === undefined ? [own] : [own, documents];
}

/** The steps of each sample at which another document begins. */
function bordersOf(
  objects: readonly Fields[],
  tokens: readonly Int32Array[],
  { documents, ...truncation }: Options,
): number[][] {
  if (documents === undefined) return [];
  return tokensOf(objects, documents, "documents", truncation).map((of, entry) => {
    const steps = Math.min(of.length, tokens[entry].length);
    return Array.from({ length: steps }, (_, step) => step).filter(
      (step) => step > 0 && of[step] !== of[step - 1],
    );
  });
}

/** A target of a step is the next token of its document, also where the row ends before it. */
function targetsOf(tokens: readonly Int32Array[], row: readonly Piece[]): Int32Array {
  return joined(row, ({ entry, end }, step) => (step + 1 < end ? tokens[entry][step + 1] : noTarget));
}

function inPacks(
  tokens: readonly Int32Array[],
  documents: readonly Piece[],
  { field: own, targetField: target, length = 1, packing, remainder: left, paddingValue }: Options,
  allocator: Allocator,
): Fields {
  const strategy = packing === "first-fit" ? packing : "concatenate";
  const rows = wholeRows(packed(documents, length, strategy), length, strategy, left);
  const values = rows.map((row) => joined(row, ({ entry }, step) => tokens[entry][step]));
  const targets = rows.map((row) => targetsOf(tokens, row));
  return {
    [own]: filled(values, { length, fill: paddingValue, allocator }),
    [target]: filled(targets, { length, fill: noTarget, allocator }),
    ...placesOf(rows, length, allocator),
  };
}

function inRows(
  tokens: readonly Int32Array[],
  documents: readonly Piece[],
  options: Options,
  allocator: Allocator,
  isLoose: boolean,
): Fields {
  const {
    field: own,
    targetField: target,
    padToMultipleOf: multiple,
    paddingSide: side,
    paddingValue,
  } = options;
  const length = widest(tokens, multiple);
  const rows = tokens.map((_, row) => documents.filter(({ entry }) => entry === row));
  const lengths = tokens.map((row) => row.length);
  const targets = (): Int32Array[] => rows.map((row) => targetsOf(tokens, row));
  return {
    [own]: filled(tokens, { length, side, fill: paddingValue, allocator }),
    // What is to be predicted has no answers yet.
    ...(!isLoose && { [target]: filled(targets(), { length, side, fill: noTarget, allocator }) }),
    attentionMask: attentionMask(lengths, { length, paddingSide: side, allocator }),
  };
}
