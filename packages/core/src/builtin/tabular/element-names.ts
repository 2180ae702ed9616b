/** What the numbers of vector fields are called: a fact, by which those that join vectors name their result. */
import type { DatasetFacts, FieldTypes } from "../../contracts/dataset.js";

/** The names of a vector's numbers, as far as they are known. */
export function elementsOf(facts: DatasetFacts, field: string): readonly string[] | undefined {
  const known = facts.elements?.[field];
  return known ?? (field === "features" ? facts.features : undefined);
}

/** The facts, with the names of the numbers in `field`. */
export function withElements(facts: DatasetFacts, field: string, names: readonly string[]): DatasetFacts {
  if (field === "features") return { ...facts, features: names };
  return { ...facts, elements: { ...facts.elements, [field]: names } };
}

/** A name for each number of a field: those that are known, else its own, counted; undefined where nobody knows how many. */
export function namesIn(
  facts: DatasetFacts,
  fields: FieldTypes,
  field: string,
): readonly string[] | undefined {
  const known = elementsOf(facts, field);
  const type = fields[field];
  if (type?.shape === undefined || type.shape.length === 0) return known ?? (type && [field]);
  let count = 1;
  for (const extent of type.shape) {
    if (extent === null) return known;
    count *= extent;
  }
  return known?.length === count ? known : Array.from({ length: count }, (_, i) => `${field}_${i}`);
}
