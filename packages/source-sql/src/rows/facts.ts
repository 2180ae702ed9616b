/** What is known of rows before they are read. */
import type { DatasetFacts } from "@millrace/core";
import type { SampleLayout } from "./layout.js";

/** Class names that the training source had: they are followed, whatever is stored here. */
export type KnownClasses = Pick<DatasetFacts, "labels" | "categories"> | undefined;

/** Class names, and the names of the numbers in vectors, as the files' sources have them. */
export function factsOf({ label, features, fields = [] }: SampleLayout): DatasetFacts {
  const classes = fields.flatMap(({ field, classes }) =>
    classes === undefined ? [] : [[field, classes] as const],
  );
  const { label: own, ...categories } = Object.fromEntries<readonly string[]>(classes);
  const labels = label?.classes ?? own;
  const elements = Object.fromEntries(
    fields.filter(({ from }) => from.length > 1).map(({ field, from }) => [field, from]),
  );
  return {
    ...(labels && { labels }),
    ...(features.length > 0 && { features }),
    ...(Object.keys(categories).length > 0 && { categories }),
    ...(Object.keys(elements).length > 0 && { elements }),
  };
}
