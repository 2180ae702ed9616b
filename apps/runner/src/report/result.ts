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
export async function resultSections(
  { loaders, facts, samples, spec }: Line,
  result: FitResult,
): Promise<Html[]> {
  const { tables = [], predictions, worst = [] } = result;
  const split = loaders.validation === undefined ? "train" : "validation";
  const matrix = tables.find(({ name }) => name === "confusionMatrix");
  const source = samples[split];
  const { target = "label" } = (spec.trainer.with ?? {}) as { readonly target?: string };
  const shared = {
    labels: facts.labels,
    features: facts.features,
    elements: facts.elements,
    text: (position: number) => textOf(source, position, target),
  };
  const random = evenly(predictions, mostRandom);
  const sections = [
    matrix && confusionHtml(matrix, split === "train" ? "training" : split),
    await predictionsHtml({ ...shared, title: "Worst samples", predictions: worst, isWorst: true }),
    await predictionsHtml({ ...shared, title: "Predictions", predictions: random }),
  ];
  return sections.filter((section) => section !== undefined);
}

/**
 * What the source says of a sample, before any transform: its text, or the fields of a table's row. Nothing where it is
 * made of arrays or may not be read; a report must not fail for it.
 */
async function textOf(
  source: Dataset | undefined,
  index: number,
  target: string,
): Promise<string | undefined> {
  try {
    const sample = await source?.get(index, { epoch: 0 });
    const fields: [string, unknown][] =
      typeof sample === "object" && sample !== null ? Object.entries(sample) : [["", sample]];
    const plain = fields.filter(
      (field): field is [string, Plain] => field[0] !== target && isPlain(field[1]),
    );
    const [first] = plain;
    if (first === undefined || plain.every(([, value]) => value === null)) return undefined;
    const told = ([name, value]: readonly [string, Plain]) =>
      `${name} ${plainText(value, source?.fields?.[name]?.type === "date")}`;
    if (plain.length > 1) return shortened(plain.map(told).join(", "));
    return typeof first[1] === "string" ? shortened(first[1]) : undefined;
  } catch {
    return undefined;
  }
}

type Plain = string | number | boolean | null;

function isPlain(value: unknown): value is Plain {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

/** Dates are UTC seconds since 1970. */
function plainText(value: Plain, isDate: boolean): string {
  if (value === null || Number.isNaN(value)) return "–";
  if (typeof value !== "number") return String(value);
  if (isDate) return new Date(value * 1000).toISOString().replace(/T00:00:00\.000Z$|\.000Z$/, "");
  return String(Number(value.toPrecision(6)));
}

function shortened(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText)}…` : text;
}

/** Every so many-th, so that what is random stays so. */
function evenly<T>(list: readonly T[], most: number): readonly T[] {
  if (list.length <= most) return list;
  return Array.from({ length: most }, (_, i) => list[Math.floor((i * list.length) / most)]);
}
