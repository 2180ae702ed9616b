/** Which samples of a source belong to which split, as the spec says. */
import type { Dataset } from "../contracts/dataset.js";
import { type SplitName, splitNames } from "../contracts/split.js";
import { Subset } from "../data/datasets/subset.js";
import { requireColumn } from "../data/columns.js";
import { splitIndices, type SplitRule } from "../data/split.js";
import { MillraceError } from "../errors.js";
import type { Spec } from "../spec/schema.js";

/** One split; without indices it has all of its source's samples. */
export interface Part {
  readonly split: SplitName;
  readonly indices?: Int32Array;
}

/**
 * `kept` are the samples that are left of the source, where some are left out: they are split as if there were no others.
 * Parts that are measured are in the order of the source, which reads neighbours once, and what is there does not depend on
 * it; the training part is in the random order of its split, whatever the source.
 * @throws MillraceError SPLIT_INVALID for a part without samples, COLUMN_UNKNOWN.
 */
export async function partsOf({ split, seed }: Spec, dataset: Dataset, kept?: Int32Array): Promise<Part[]> {
  if (split === undefined) return [{ split: "train", ...(kept && { indices: kept }) }];
  const left = kept === undefined ? dataset : new Subset(dataset, kept);
  const indices = splitIndices(left.length, split, seed, await ruleOf(split, left));
  return splitNames.flatMap((name) => {
    const part = indices[name];
    if (name !== "train") part?.sort();
    if (kept !== undefined) part?.forEach((index, place) => (part[place] = kept[index]));
    return part === undefined ? [] : [{ split: name, indices: part }];
  });
}

async function ruleOf(
  { by, column, salt, stratifyBy }: NonNullable<Spec["split"]>,
  dataset: Dataset,
): Promise<SplitRule> {
  if (stratifyBy !== undefined)
    return { strata: await requireColumn(dataset, stratifyBy, "split.stratifyBy") };
  if (by === undefined) return {};
  const values = column === undefined ? undefined : await requireColumn(dataset, column, "split.column");
  if (by === "group") return { groups: values };
  if (values !== undefined) return { keyOf: (index) => values[index], salt };
  if (dataset.key !== undefined) return { keyOf: (index) => dataset.key?.(index) ?? index, salt };
  throw new MillraceError(
    "SPLIT_INVALID",
    "a split by hash needs a key for each sample, but the source has none",
    {
      hint: "Name a `column` whose values tell samples apart.",
      path: ["split", "by"],
    },
  );
}

/** Raised where a split is asked for that the spec does not have. */
export function noSplit(split: SplitName, there: readonly string[]): MillraceError {
  return new MillraceError("SPLIT_INVALID", `the spec must have a ${split} split, has ${there.join(", ")}`, {
    hint: `Take --split ${there.at(-1) ?? "train"}, or train with a share for it in \`split\`.`,
  });
}
