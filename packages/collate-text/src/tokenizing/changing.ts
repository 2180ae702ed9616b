/** Texts as they are scanned: lower case, or a normal form of Unicode. */
import { z } from "zod";
import type { Places } from "./ids.js";

export const normalForms = ["NFC", "NFD", "NFKC", "NFKD"] as const;

export const changingOptions = {
  lowercase: z.boolean().default(false).describe("make lower case of texts first: HAM and ham are one token"),
  normalize: z
    .enum(normalForms)
    .optional()
    .describe(
      "bring texts to a normal form of Unicode first, in which é is one code point (NFC) or e and an accent (NFD)",
    ),
};

interface Changing {
  readonly lowercase: boolean;
  readonly normalize?: (typeof normalForms)[number] | undefined;
  readonly offsets: boolean;
}

/** Offsets are places in the text as it was given, which normal forms do not know. */
export function refuseOffsets({ normalize, offsets }: Changing, context: z.RefinementCtx): void {
  if (normalize === undefined || !offsets) return;
  context.addIssue({
    code: "custom",
    message: "cannot be had with `normalize`, which moves characters",
    path: ["offsets"],
  });
}

/** A text as it is scanned. */
export interface Changed {
  readonly text: string;
  /** Undefined where every unit stands where it stood. */
  readonly places?: Places | undefined;
}

/** Undefined where a text stays as it is. */
export function changing({ lowercase, normalize, offsets }: Changing) {
  if (!lowercase && normalize === undefined) return undefined;
  return (text: string): Changed => {
    const normal = normalize === undefined ? text : text.normalize(normalize);
    if (!lowercase) return { text: normal };
    const lower = normal.toLowerCase();
    return {
      text: lower,
      places: offsets && lower.length !== normal.length ? placesOf(normal, lower) : undefined,
    };
  };
}

/** A few letters have more units in lower case, such as İ: for each unit, where its letter begins and ends in the text. */
function placesOf(text: string, lower: string): Places {
  const starts = new Int32Array(lower.length);
  const ends = new Int32Array(lower.length);
  let [from, at] = [0, 0];
  for (const character of text) {
    const { length } = character.toLowerCase();
    starts.fill(from, at, at + length);
    from += character.length;
    ends.fill(from, at, at + length);
    at += length;
  }
  return { starts, ends };
}
