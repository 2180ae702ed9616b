/** Options that the collate functions for sequences have in common. */
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
