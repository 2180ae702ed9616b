/** What a report tells of the trained model itself: its confusion matrix, its worst samples, and some at random. */
import type { Dataset } from "@millrace/core";
import type { FitResult, Line } from "@millrace/core/spec";
import { confusionHtml } from "./confusion.js";
import type { Html } from "./html.js";
import { predictionsHtml } from "./predictions.js";

/** So many of the random samples are shown; the trainer may keep more. */
const mostRandom = 36;
const longestText = 240;

/** The sections that there is something to say in. */
export async function resultSections({ loaders, facts, samples }: Line, result: FitResult): Promise<Html[]> {
  const { tables = [], predictions, worst = [] } = result;
  const split = loaders.validation === undefined ? "train" : "validation";
  const matrix = tables.find(({ name }) => name === "confusionMatrix");
  const source = samples[split];
  const shared = {
    labels: facts.labels,
    features: facts.features,
    elements: facts.elements,
    text: (position: number) => textOf(source, position),
  };
  const random = evenly(predictions, mostRandom);
  const sections = [
    matrix && confusionHtml(matrix, split === "train" ? "training" : split),
    await predictionsHtml({ ...shared, title: "Worst samples", predictions: worst, isWorst: true }),
    await predictionsHtml({ ...shared, title: "Predictions", predictions: random }),
  ];
  return sections.filter((section) => section !== undefined);
}

/** The sample's text before any transform, where it has one and may be read; a report must not fail for it. */
async function textOf(source: Dataset | undefined, index: number): Promise<string | undefined> {
  try {
    const sample = await source?.get(index, { epoch: 0 });
    const fields = typeof sample === "object" && sample !== null ? Object.entries(sample) : [["", sample]];
    const text = fields.find(
      ([name, value]) => name !== "label" && typeof value === "string",
    )?.[1] as unknown;
    if (typeof text !== "string") return undefined;
    return text.length > longestText ? `${text.slice(0, longestText)}…` : text;
  } catch {
    return undefined;
  }
}

/** Every so many-th, so that what is random stays so. */
function evenly<T>(list: readonly T[], most: number): readonly T[] {
  if (list.length <= most) return list;
  return Array.from({ length: most }, (_, i) => list[Math.floor((i * list.length) / most)]);
}
