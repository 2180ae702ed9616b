/** Options that the collate functions for sequences have in common. */
import { numberOrFact } from "@millrace/core";
import { z } from "zod";

export const paddingSide = z
  .enum(["left", "right"])
  .default("right")
  .describe("the side of each sequence on which padding goes; default right");

export const padToMultipleOf = z
  .int()
  .min(1)
  .default(1)
  .describe(
    "the padded length is rounded up to a multiple of this, so that a device meets fewer shapes; costs padding; default 1",
  );

export const maxLength = z
  .int()
  .min(1)
  .optional()
  .describe(
    "longer sequences lose what is beyond so many steps, before rounding by `padToMultipleOf`; default: nothing is cut",
  );

export const truncationSide = z
  .enum(["left", "right"])
  .default("right")
  .describe("the side of a sequence that loses steps where it is longer than `maxLength`; default right");

export const padding = numberOrFact(z.int())
  .default(0)
  .describe(
    'the token that fills what is beyond a sequence, or a fact: {"from": "vocabulary.padding"}; default 0',
  );

export const field = z
  .string()
  .min(1)
  .default("tokens")
  .describe("sample field of token ids; default tokens");

export const targetField = z
  .string()
  .min(1)
  .default("label")
  .describe("what the targets are called in the batch; default label, as the trainer takes them unasked");

export const remainder = z
  .enum(["pad", "drop"])
  .default("pad")
  .describe(
    "concatenate only: what becomes of the steps at the end of a batch that fill no whole row: a row with padding, or nothing; default pad",
  );
