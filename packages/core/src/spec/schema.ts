/** The spec's schema, composed from the registered plugins: one zod object, from which types, faults and docs come. */
import { z } from "zod";
import { splitNames } from "../contracts/split.js";
import type { PluginKind } from "../plugin/plugin.js";
import type { Registry } from "../plugin/registry.js";
import { loaderShape } from "./loader.js";
import { limit, sourceShape } from "./sources.js";
import { split } from "./split.js";
import type { Use } from "./use.js";

/** How a plugin of a kind is named and given its options, `extra` standing beside it. */
export type UseSchema = <F extends z.ZodRawShape>(
  kind: PluginKind,
  extra?: F,
) => z.ZodType<Use & z.output<z.ZodObject<F>>>;

/** Everything a spec may say, for the plugins that `registry` holds. */
export function specSchema(registry: Registry) {
  return specShape((kind, extra) => useOf(registry, kind, extra));
}

/** Everything a spec may say, plugins being named by what `useOf` makes. */
export function specShape(useOf: UseSchema) {
  const transform = useOf("transform", {
    only: z
      .union([z.enum(splitNames), z.array(z.enum(splitNames)).min(1)])
      .optional()
      .describe(
        "apply it to this split alone, such as train for augmentation, or to these, such as validation and test",
      ),
  });
  return z
    .strictObject({
      $schema: z.string().optional().describe("where an editor finds the JSON Schema"),
      extends: z
        .union([z.string().min(1), z.array(z.string().min(1))])
        .optional()
        .describe(
          "specs that this one is laid over, relative to it: objects are merged, null takes a key out, lists and values are replaced",
        ),
      plugins: z
        .array(z.string().min(1))
        .default([])
        .describe("packages, or files relative to the spec, that add plugins"),
      seed: z
        .int()
        .nonnegative()
        .default(0)
        .describe("the number that every random choice of the run follows from"),
      source: useOf("source", { limit }).optional().describe("where the samples come from"),
      sources: z
        .array(useOf("source", sourceShape(transform)))
        .min(1)
        .optional()
        .describe("instead of source: several, one after the other, each with transforms of its own"),
      validationSource: useOf("source", { limit })
        .optional()
        .describe("a source of its own for validation, instead of a share of `source`"),
      split: split.optional().describe("how the samples are divided; without it, all are trained on"),
      exclude: z
        .string()
        .min(1)
        .optional()
        .describe(
          "a quarantine.jsonl, relative to the spec: the samples that it lists are left out, before the split",
        ),
      transforms: z.array(transform).default([]).describe("what each sample passes through, in order"),
      loader: z
        .strictObject({
          ...loaderShape,
          shuffleWindow: z
            .int()
            .min(2)
            .optional()
            .describe(
              "streams only, with shuffle: samples that are held in memory in each worker, as they come from the source, and mixed among each other",
            ),
          sampler: useOf("sampler")
            .optional()
            .describe("the order of the training samples, instead of shuffle"),
          batchSampler: useOf("batchSampler")
            .optional()
            .describe(
              "whole batches of training samples, instead of batchSize, shuffle, sampler and dropLast",
            ),
          collate: useOf("collate")
            .default({ use: "default", with: {} })
            .describe("how samples become a batch"),
        })
        .prefault({})
        .describe("how batches are made"),
      model: useOf("model").describe("what is trained"),
      trainer: useOf("trainer").describe("what trains it"),
    })
    .refine(({ source, sources }) => source !== undefined || sources !== undefined, {
      error: "is required",
      path: ["source"],
      // Told beside whatever else is missing.
      when: ({ value }) => typeof value === "object" && value !== null && !Array.isArray(value),
    })
    .refine(({ loader }) => loader.shuffleWindow === undefined || loader.shuffle, {
      error: "is for shuffle: true",
      path: ["loader", "shuffleWindow"],
    })
    .refine(({ source, sources }) => source === undefined || sources === undefined, {
      error: "source and sources exclude each other",
      path: ["sources"],
    })
    .refine(
      ({ sources = [], loader: { sampler, batchSampler } }) =>
        (sampler ?? batchSampler) === undefined || sources.every(({ weight }) => weight === undefined),
      {
        error: "weights of sources decide the order, and exclude a sampler and a batchSampler",
        path: ["sources"],
      },
    )
    .refine((spec) => spec.validationSource === undefined || (spec.split?.validation ?? 0) === 0, {
      error: "validationSource and split.validation exclude each other",
      path: ["validationSource"],
    });
}

/** A spec that was checked: every default filled in, every plugin's options parsed by its own schema. */
export type Spec = z.output<ReturnType<typeof specSchema>>;

/** `{ use, with }` for every plugin of a kind: a union told apart by `use`. */
function useOf<F extends z.ZodRawShape>(
  registry: Registry,
  kind: PluginKind,
  extra?: F,
): z.ZodType<Use & z.output<z.ZodObject<F>>> {
  const members = registry.list(kind).map(({ plugin }) =>
    z
      .strictObject({
        use: z.literal(plugin.name).describe(plugin.summary),
        with: optionsOf(plugin.options),
        ...extra,
      })
      .describe(plugin.summary),
  );
  const [first, ...rest] = members;
  const union =
    first === undefined
      ? z.never({ error: `no ${kind} is registered` })
      : z.discriminatedUnion("use", [first, ...rest]);
  return union as unknown as z.ZodType<Use & z.output<z.ZodObject<F>>>;
}

/** `with` may be left out where nothing in it is required. */
function optionsOf(options: z.ZodType): z.ZodType {
  return needsNone(options) ? (options as z.ZodType<unknown, object>).prefault({}) : options;
}

/** True where a plugin's options may be left out. */
export function needsNone(options: z.ZodType): boolean {
  return z.safeParse(options, {}).success;
}
