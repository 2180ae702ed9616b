/** Categories: values known by their text, in an order that follows from them alone. */
import { byFrequency } from "../../data/statistics/counts.js";
import { sortLabels } from "../../kit/labels.js";
import type { Cell } from "./cells.js";

/** Those that were counted, by name or the most frequent first. */
export function orderedCategories(
  counts: ReadonlyMap<string, number>,
  order: "name" | "frequency" = "name",
): string[] {
  return order === "name" ? sortLabels(counts.keys()) : byFrequency(counts);
}

/** The index of a value among `categories`; undefined where it is none of them. */
export function categoryIndex(
  categories: readonly string[],
): (cell: NonNullable<Cell>) => number | undefined {
  const byText = new Map(categories.map((text, index) => [text, index]));
  // Numbers are looked up as they are, where their text is the one that JavaScript gives them.
  const byNumber = new Map<number, number>();
  for (const [text, index] of byText) if (String(Number(text)) === text) byNumber.set(Number(text), index);
  return (cell) =>
    typeof cell === "number"
      ? byNumber.get(cell)
      : byText.get(typeof cell === "string" ? cell : String(cell));
}
