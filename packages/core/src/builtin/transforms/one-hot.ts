/** Categories as vectors of zeros and one 1: scikit-learn's OneHotEncoder. */
import { z } from "zod";
import type { DatasetFacts } from "../../contracts/dataset.js";
import { labelUnknown } from "../../kit/labels.js";
import { defineTransform } from "../../plugin/plugin.js";
import { categoryIndex, orderedCategories } from "../tabular/categories.js";
import { cellMap } from "../tabular/cells.js";
import { elementsOf, withElements } from "../tabular/element-names.js";
import { fieldForms } from "../tabular/field-maps.js";
import { changeFields, fieldsOption, fillHint, namesOf, valueFault, touching } from "../tabular/fields.js";
import { cellLearner, fieldFitter } from "../tabular/learners.js";

const options = z.strictObject({
  fields: fieldsOption.describe(
    "fields of texts, numbers or flags, or of vectors of numbers, each element with categories of its own",
  ),
  categories: z
    .array(z.union([z.string(), z.number(), z.boolean()]))
    .min(1)
    .refine((values) => new Set(values.map(String)).size === values.length, {
      error: "must name each category once",
    })
    .optional()
    .describe(
      "the categories of each field, in the order of the vector; by default those of the training samples, sorted: numeric if all are numbers, else by code units",
    ),
  unknown: z
    .enum(["error", "ignore"])
    .default("error")
    .describe("a value that is no category, or missing: an error, or a vector of zeros"),
  drop: z
    .enum(["none", "first", "if-binary"])
    .default("none")
    .describe(
      "leave out the first category, which is then all zeros: never, always, or where there are two (one number says which)",
    ),
});

type Options = z.output<typeof options>;

/** The categories of one field, for each of its elements. */
type Categories = {
  readonly field: string;
  /** Values per sample; null for a single one. */
  readonly elements: number | null;
  readonly categories: readonly (readonly string[])[];
};

export default defineTransform({
  name: "one-hot",
  summary: "categories as vectors of zeros and one 1 (OneHotEncoder)",
  options,
  fit: ({ fields, categories }) =>
    categories === undefined
      ? fieldFitter(
          "one-hot",
          namesOf(fields).map((name) =>
            cellLearner("one-hot", name, (counts, elements): Categories => {
              return { field: name, elements, categories: counts.map((each) => orderedCategories(each)) };
            }),
          ),
        )
      : undefined,
  touches: ({ fields }) => touching(fields),
  fields: (types, settings, fitted: readonly Categories[] | undefined) =>
    changeFields(types, namesOf(settings.fields), (field, name) => {
      const count = field?.shape?.[0] ?? 1;
      const of = categoriesOf(name, settings, fitted, count ?? 1);
      const size = of.reduce((sum, each) => sum + each.length, 0);
      return { type: "float32", shape: [fitted === undefined && count === null ? null : size] };
    }),
  facts(facts, settings, fitted, types): DatasetFacts {
    let made = facts;
    for (const name of namesOf(settings.fields)) {
      const count = types[name]?.shape?.[0] ?? 1;
      const categories = categoriesOf(name, settings, fitted, count);
      const own = elementsOf(facts, name);
      // Of classes that are indices already, the source knows the names.
      const known = facts.categories?.[name];
      const names = categories.flatMap((each, j) => {
        const base = categories.length === 1 ? name : (own?.[j] ?? `${name}_${j}`);
        return each.map((category) => `${base}_${known?.[Number(category)] ?? category}`);
      });
      made = withElements(made, name, names);
      if (name === "label" && categories.length === 1) made = { ...made, labels: categories[0] };
    }
    return made;
  },
  create(settings, { fitted }) {
    const maps = namesOf(settings.fields).map((name) => {
      const given = fitted?.find(({ field }) => field === name);
      const layout = layoutOf(settings, given);
      return cellMap({
        transform: "one-hot",
        name,
        dtype: "float32",
        single: false,
        size: layout.size,
        offset: layout.offset,
        write(cell, element, target, at) {
          const { all, indexOf, dropped } = layout.of(element);
          // What is there may be left from another batch.
          target.fill(0, at, at + all.length - dropped);
          const index = cell === null ? undefined : indexOf(cell);
          if (index === undefined) {
            if (settings.unknown === "ignore") return;
            if (cell === null) throw valueFault("one-hot", "a category", name, cell, { hint: fillHint });
            throw labelUnknown(String(cell), all, `field "${name}"`);
          }
          if (index >= dropped) target[at + index - dropped] = 1;
        },
        ...(given && { elements: given.elements }),
      });
    });
    return fieldForms("one-hot", maps);
  },
});

/** The categories that have a place in the vector, for each of `count` elements. */
function categoriesOf(
  name: string,
  settings: Options,
  fitted: readonly Categories[] | undefined,
  count: number,
): readonly (readonly string[])[] {
  const known = fitted?.find(({ field }) => field === name)?.categories;
  const all = known ?? Array.from({ length: count }, () => (settings.categories ?? []).map(String));
  return all.map((each) => each.slice(droppedOf(settings, each.length)));
}

function droppedOf({ drop }: Options, count: number): number {
  return drop === "first" || (drop === "if-binary" && count === 2) ? 1 : 0;
}

/** Where the numbers of each element stand in the vector of a sample. */
function layoutOf(settings: Options, given: Categories | undefined) {
  const known = given?.categories ?? [(settings.categories ?? []).map(String)];
  const parts = known.map((all) => {
    return { all, indexOf: categoryIndex(all), dropped: droppedOf(settings, all.length) };
  });
  // Stated categories are those of every element.
  const of = (element: number) => parts[given === undefined ? 0 : element];
  const offset = (element: number): number => {
    let sum = 0;
    for (let j = 0; j < element; j++) sum += of(j).all.length - of(j).dropped;
    return sum;
  };
  return { of, offset, size: offset };
}
