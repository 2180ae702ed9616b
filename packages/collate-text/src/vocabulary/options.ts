/** The option `vocabulary` of tokenizers that learn theirs from the training split. */
import type { SpecialRole } from "@millrace/core";
import { z } from "zod";

const tokenName = z.string().min(1);

/** The option `special`. */
export const specialOption = z.strictObject({
  padding: tokenName
    .nullable()
    .default("<pad>")
    .describe("fills batches, and stands for no text: always id 0; null for none, where nothing is padded"),
  begin: tokenName.optional().describe('put before each sample, such as "<s>"'),
  end: tokenName.optional().describe('put behind each text, such as "</s>"'),
  separator: tokenName
    .optional()
    .describe("put between the two texts of a `pair`, instead of the end of the first"),
  mask: tokenName
    .optional()
    .describe('stands in the place of what a masked language model has to guess, such as "<mask>"'),
  other: z.array(tokenName).default([]).describe("further tokens that no text has, for uses of your own"),
});

const unknown = z
  .union([
    z.literal("error"),
    z.literal("skip"),
    z.strictObject({ token: tokenName.describe("the token that stands for it") }),
  ])
  .describe(
    'a token of a text that the vocabulary has not: an error, left out, or counted as { "token": "<unk>" }',
  );

const counted = {
  minCount: z.int().min(1).default(1).describe("a token that the training texts have less often is unknown"),
  maxSize: z
    .int()
    .min(1)
    .optional()
    .describe(
      "most tokens of the vocabulary, special ones included: the most frequent stay, ties by code point",
    ),
  special: specialOption
    .prefault({})
    .describe("tokens that no text has; their ids come first, in the order that they are listed here"),
};

const stated = z
  .array(z.string().min(1))
  .min(1)
  .optional()
  .describe("the tokens in the order of their ids, behind the special ones: nothing is learned");

/** With `unknown`, and tokens that may be stated instead of learned. */
export const vocabularyOption = z
  .strictObject({
    ...counted,
    unknown: unknown.default({ token: "<unk>" }),
    tokens: stated,
  })
  .superRefine(refuseTwice);

export type VocabularyOptions = z.output<typeof vocabularyOption>;

const roles = ["padding", "unknown", "begin", "end", "separator", "mask"] as const satisfies SpecialRole[];

/** The special tokens in the order of their ids: each with the role that it has. */
export function specialTokens({
  special,
  unknown,
}: Pick<VocabularyOptions, "special" | "unknown">): readonly {
  readonly name: string;
  readonly role?: SpecialRole;
}[] {
  const given = { ...special, unknown: typeof unknown === "object" ? unknown.token : undefined };
  const found = roles.flatMap((role) => {
    const name = given[role];
    return typeof name === "string" ? [{ name, role }] : [];
  });
  // One token may have two tasks, as BERT's [SEP] is an end and a separator.
  const names = new Set<string>();
  const once = found.filter(({ name }) => !names.has(name) && names.add(name));
  return [...once, ...special.other.map((name) => ({ name }))];
}

/** The name of each role that is given. */
export function rolesOf({ special, unknown }: Pick<VocabularyOptions, "special" | "unknown">) {
  const given = { ...special, unknown: typeof unknown === "object" ? unknown.token : undefined };
  return roles.flatMap((role): [SpecialRole, string][] => {
    const name = given[role];
    return typeof name === "string" ? [[role, name]] : [];
  });
}

/** The names of special tokens in the order of their ids, a token with two tasks once. */
export function specialNames(special: VocabularyOptions["special"]): string[] {
  return specialTokens({ special, unknown: "error" }).map(({ name }) => name);
}

function refuseTwice(
  options: {
    special: VocabularyOptions["special"];
    unknown: VocabularyOptions["unknown"];
    tokens?: string[];
    maxSize?: number;
  },
  context: z.RefinementCtx,
): void {
  const { special, tokens = [], maxSize } = options;
  const names = specialTokens(options).map(({ name }) => name);
  const twice = [...names, ...tokens].find((name, i, all) => all.indexOf(name) !== i);
  if (twice !== undefined)
    context.addIssue({ code: "custom", message: `must name each token once, has "${twice}" twice` });
  if (special.padding !== null && names.indexOf(special.padding) !== 0) {
    context.addIssue({
      code: "custom",
      message: "the padding must be a token of its own",
      path: ["special", "padding"],
    });
  }
  if (maxSize !== undefined && maxSize <= names.length) {
    context.addIssue({
      code: "custom",
      message: `must leave room behind ${names.length} special tokens, was ${maxSize}`,
      path: ["maxSize"],
    });
  }
}
