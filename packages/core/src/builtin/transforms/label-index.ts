/** Classes as their indices: scikit-learn's LabelEncoder and OrdinalEncoder. */
import { z } from "zod";
import type { DatasetFacts } from "../../contracts/dataset.js";
import { labelUnknown } from "../../kit/labels.js";
import { defineTransform } from "../../plugin/plugin.js";
import { categoryIndex, orderedCategories } from "../tabular/categories.js";
import { cellMap } from "../tabular/cells.js";
import { fieldForms } from "../tabular/field-maps.js";
import { changeFields, fieldsOption, fillHint, namesOf, valueFault, touching } from "../tabular/fields.js";
import { cellLearner, fieldFitter } from "../tabular/learners.js";

const options = z
  .strictObject({
    fields: fieldsOption
      .default("label")
      .describe(
        "fields of texts, numbers or flags, or of vectors of numbers, each element with classes of its own",
      ),
    classes: z
      .array(z.string())
      .min(1)
      .refine((names) => new Set(names).size === names.length, { error: "must name each class once" })
      .optional()
      .describe("the classes in the order of their indices; by default those of the training samples"),
    order: z
      .enum(["name", "frequency"])
      .default("name")
      .describe(
        "of classes that are learned; name: numeric if all are numbers, else by code units; frequency: the most frequent first, ties by name",
      ),
    unknown: z
      .union([
        z.literal("error"),
        z.strictObject({
          class: z.string().describe("the class, added behind the others if it is none of them"),
        }),
        z.strictObject({
          index: z
            .int()
            .min(-(2 ** 31))
            .max(2 ** 31 - 1)
            .describe("the index"),
        }),
      ])
      .default("error")
      .describe(
        'a value that is no class, or missing: an error, or { "class": "other" } or { "index": -1 }, which it counts as',
      ),
    labels: z
      .boolean()
      .optional()
      .describe(
        'the classes are the labels that models and reports know (`{ "from": "labels.count" }`); by default those of a field called "label"',
      ),
  })
  .refine(({ labels, fields }) => labels !== true || namesOf(fields).length === 1, {
    error: "is for a single field",
    path: ["labels"],
  });

type Options = z.output<typeof options>;

/** The classes of one field, for each of its elements. */
type Classes = {
  readonly field: string;
  /** Values per sample; null for a single one. */
  readonly elements: number | null;
  readonly classes: readonly (readonly string[])[];
};

export default defineTransform({
  name: "label-index",
  summary: "classes as their indices (LabelEncoder, OrdinalEncoder)",
  options,
  fit: ({ fields, classes, order }) =>
    classes === undefined
      ? fieldFitter(
          "label-index",
          namesOf(fields).map((name) =>
            cellLearner("label-index", name, (counts, elements): Classes => {
              return { field: name, elements, classes: counts.map((each) => orderedCategories(each, order)) };
            }),
          ),
        )
      : undefined,
  touches: ({ fields }) => touching(fields),
  fields: (types, { fields }) =>
    changeFields(types, namesOf(fields), (field) => ({
      type: "int32",
      ...(field?.shape && { shape: field.shape }),
    })),
  facts(facts, settings, fitted: readonly Classes[] | undefined): DatasetFacts {
    let made = facts;
    for (const name of namesOf(settings.fields)) {
      const [classes, ...others] = classesOf(name, settings, fitted);
      if (others.length > 0) continue;
      const isLabel = settings.labels ?? name === "label";
      made = isLabel
        ? { ...made, labels: classes }
        : { ...made, categories: { ...made.categories, [name]: classes } };
    }
    return made;
  },
  create(settings, { fitted }) {
    const { unknown } = settings;
    const maps = namesOf(settings.fields).map((name) => {
      const classes = classesOf(name, settings, fitted);
      const indexOf = classes.map(categoryIndex);
      const given = fitted?.find(({ field }) => field === name);
      const other = (cell: string | number | boolean | null, element: number): number => {
        if (unknown === "error") {
          if (cell === null) throw valueFault("label-index", "a class", name, cell, { hint: fillHint });
          throw labelUnknown(String(cell), classes[given ? element : 0], `field "${name}"`);
        }
        return "index" in unknown ? unknown.index : (indexOf[given ? element : 0](unknown.class) ?? -1);
      };
      return cellMap({
        transform: "label-index",
        name,
        dtype: "int32",
        single: true,
        size: (elements) => elements,
        offset: (element) => element,
        write(cell, element, target, at) {
          const index = cell === null ? undefined : indexOf[given ? element : 0](cell);
          target[at] = index ?? other(cell, element);
        },
        ...(given && { elements: given.elements }),
      });
    });
    return fieldForms("label-index", maps);
  },
});

/** For each element; stated classes are those of all. */
function classesOf(
  name: string,
  { classes, unknown }: Options,
  fitted: readonly Classes[] | undefined,
): readonly (readonly string[])[] {
  const known = fitted?.find(({ field }) => field === name)?.classes ?? [classes ?? []];
  if (typeof unknown === "string" || !("class" in unknown)) return known;
  return known.map((names) => (names.includes(unknown.class) ? names : [...names, unknown.class]));
}
