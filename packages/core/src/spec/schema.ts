/** The spec's schema, composed from the registered plugins: one zod object, from which types, faults and docs come. */
import { z } from "zod";
import { type SplitName, splitNames } from "../contracts/split.js";
import type { PluginKind } from "../plugin/plugin.js";
import type { Registry } from "../plugin/registry.js";

/** A reference to a plugin: its name and its checked options. */
export interface Use {
  readonly use: string;
  readonly with: unknown;
}

const share = z.number().min(0).max(1);

const split = z
  .strictObject({
    train: share.describe("share of the samples to train on, 0 to 1"),
    validation: share.optional().describe("share of the samples to validate on after each epoch"),
    test: share.optional().describe("share of the samples kept for a final test"),
    stratifyBy: z
      .string()
      .min(1)
      .optional()
      .describe("field whose values each part has in proportion, such as label"),
  })
  .refine(({ train, validation = 0, test = 0 }) => train + validation + test <= 1 + 1e-6, {
    error: "the shares must add up to at most 1",
  });

const loaderFields = {
  batchSize: z.int().positive().default(1).describe("samples per batch"),
  shuffle: z.boolean().default(false).describe("a new random order of the training samples for each epoch"),
  dropLast: z.boolean().default(false).describe("leave out the last batch of an epoch if it is smaller"),
  numWorkers: z
    .union([z.int().nonnegative(), z.literal("auto")])
    .default(0)
    .describe(
      'worker threads that make batches; 0 makes them in the main thread, "auto" chooses by what the first ones take',
    ),
  prefetchFactor: z
    .union([z.int().positive(), z.literal("auto")])
    .default(2)
    .describe(
      'batches made ahead per worker; each costs a batch of memory; "auto" chooses by how much their times vary',
    ),
  prefetchBytes: z
    .int()
    .positive()
    .default(256 * 2 ** 20)
    .describe('most bytes of batches that "auto" makes ahead; 256 MB by default'),
  pinMemory: z
    .boolean()
    .default(false)
    .describe(
      "page-lock the batches that workers make, for a device to copy from; the log says how, or why not. Locked memory is never paged out",
    ),
};

/** Everything a spec may say, for the plugins that `registry` holds. */
export function specSchema(registry: Registry) {
  const transform = useOf(registry, "transform", {
    only: z
      .enum(splitNames)
      .optional()
      .describe("apply it to this split alone, such as train for augmentation"),
  });
  return z
    .strictObject({
      $schema: z.string().optional().describe("where an editor finds the JSON Schema"),
      plugins: z
        .array(z.string().min(1))
        .default([])
        .describe("packages, or files relative to the spec, that add plugins"),
      seed: z
        .int()
        .nonnegative()
        .default(0)
        .describe("the number that every random choice of the run follows from"),
      source: useOf(registry, "source").describe("where the samples come from"),
      validationSource: useOf(registry, "source")
        .optional()
        .describe("a source of its own for validation, instead of a share of `source`"),
      split: split.optional().describe("how `source` is divided; without it, all of it is trained on"),
      transforms: z.array(transform).default([]).describe("what each sample passes through, in order"),
      loader: z
        .strictObject({
          ...loaderFields,
          sampler: useOf(registry, "sampler")
            .optional()
            .describe("the order of the training samples, instead of shuffle"),
          collate: useOf(registry, "collate")
            .default({ use: "default", with: {} })
            .describe("how samples become a batch"),
        })
        .refine(({ shuffle, sampler }) => !(shuffle && sampler !== undefined), {
          error: "shuffle and sampler exclude each other",
          path: ["sampler"],
        })
        .prefault({})
        .describe("how batches are made"),
      model: useOf(registry, "model").describe("what is trained"),
      trainer: useOf(registry, "trainer").describe("what trains it"),
    })
    .refine((spec) => spec.validationSource === undefined || (spec.split?.validation ?? 0) === 0, {
      error: "validationSource and split.validation exclude each other",
      path: ["validationSource"],
    });
}

/** A spec that was checked: every default filled in, every plugin's options parsed by its own schema. */
export interface Spec {
  readonly plugins: readonly string[];
  readonly seed: number;
  readonly source: Use;
  readonly validationSource?: Use;
  readonly split?: z.output<typeof split>;
  readonly transforms: readonly (Use & { readonly only?: SplitName })[];
  readonly loader: {
    readonly batchSize: number;
    readonly shuffle: boolean;
    readonly dropLast: boolean;
    readonly numWorkers: number | "auto";
    readonly prefetchFactor: number | "auto";
    readonly prefetchBytes: number;
    readonly pinMemory: boolean;
    readonly sampler?: Use;
    readonly collate: Use;
  };
  readonly model: Use;
  readonly trainer: Use;
}

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
  return z.safeParse(options, {}).success ? (options as z.ZodType<unknown, object>).prefault({}) : options;
}
