/** A plan's facts in words, which the terminal and the page share. */
import type { EpochPlan, FieldForm, MakersPlan, MemoryEstimate, Plan } from "@millrace/core/spec";
import { shapeText } from "@millrace/core/spec";
import { bytes, count, plural } from "../view/format.js";
import { manyText } from "../view/narrate.js";

/** "transforms[1]", "sources[0].transforms[2]". */
export function placeText(path: readonly (string | number)[]): string {
  return path.map((key, i) => (typeof key === "number" ? `[${key}]` : `${i > 0 ? "." : ""}${key}`)).join("");
}

/** "uint8 [28, 28, 1]", "float32 [12–40] ragged", "text". */
export function formText({ type, shape, ragged, missing }: FieldForm): string {
  const parts = [type, shapeText(shape), ragged && "ragged", missing > 0 && "with blanks"];
  return parts.filter((part) => part !== false && part !== "").join(" ");
}

/** "63 steps of 64 samples, the last of 32". */
export function epochText({ steps, batchSize, lastBatch, dropped }: EpochPlan): string {
  const many =
    steps === undefined ? "steps" : steps === Infinity ? "steps without end" : plural(steps, "step");
  const parts = [
    batchSize === undefined
      ? `${many}, of sizes that the batch sampler chooses`
      : `${many} of ${plural(batchSize, "sample")}`,
    steps === undefined && "nobody knows how many before they are read",
    lastBatch !== undefined && `the last of ${count(lastBatch)}`,
    dropped !== undefined && `${plural(dropped, "sample")} of each epoch dropped with the last batch`,
  ];
  return parts.filter((part) => part !== false).join(", ");
}

/** "4,000 training, 1,000 validation samples". */
export function splitsText({ splits }: Pick<Plan, "splits">): string {
  const names = { train: "training", validation: "validation", test: "test" } as const;
  return `${splits.map(({ split, samples }) => `${manyText(samples)} ${names[split]}`).join(", ")} samples`;
}

/** Who makes the batches, and what those made ahead take. */
export function makersText(
  { numWorkers, prefetchFactor, ahead, bytes: size }: MakersPlan,
  batch?: number,
): string {
  const each = batch === undefined ? "" : ` of ${bytes(batch)}`;
  if (numWorkers === 0)
    return `made in the main thread, none ahead of the step${batch === undefined ? "" : `; a batch has ${bytes(batch)}`}`;
  if (numWorkers === "auto") {
    return `made in the main thread at first; how many workers they are worth is chosen by the time they take; at most ${bytes(size ?? 0)} ahead`;
  }
  const workers = plural(numWorkers, "worker");
  if (prefetchFactor === "auto")
    return `made by ${workers}, so many ahead as their times ask for, at most ${bytes(size ?? 0)}`;
  const total = size === undefined ? "" : ` = ${bytes(size)}`;
  return `made by ${workers}, ${numWorkers} × ${prefetchFactor} = ${ahead} ahead${each}${total}`;
}

/** The parts of the estimate, the largest first. */
export function memoryParts({ weights, gradients, optimizer, batch, activations }: MemoryEstimate) {
  const parts = [
    { name: "weights", bytes: weights },
    { name: "gradients", bytes: gradients },
    { name: "optimizer", bytes: optimizer },
    { name: "batch", bytes: batch },
    { name: "layers' outputs", bytes: activations },
  ];
  return { parts, total: parts.reduce((sum, part) => sum + part.bytes, 0) };
}

/** What the estimate is of. */
export function memoryNote({ samples }: MemoryEstimate): string {
  return `what a training step on ${plural(samples, "sample")} holds on the device at least; its operations' working memory comes on top`;
}

/** How the forms of the stages were found. */
export function lookedText({ stages, batch }: Plan): string {
  const [{ stages: first }] = stages;
  const many = Math.max(0, ...first.map(({ looked }) => looked));
  const batches = batch === undefined ? "" : ` and ${plural(batch.looked, "batch")}`;
  return `${plural(many, "training sample")}${batches}; what is ragged differs among them, or is declared to`;
}
