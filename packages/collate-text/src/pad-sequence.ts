/** Collation of sequences of varying length: named fields are padded, all others collate as by default. */
import {
  type Allocator,
  defaultCollate,
  defineCollate,
  type FieldTypes,
  MillraceError,
  type NdArray,
  numberOrFact,
  resolveFacts,
  type WithFacts,
} from "@millrace/core";
import { isPlainObject, kindOf, longest, padSteps, type Steps, toSteps } from "@millrace/core/dataloader";
import { z } from "zod";

const options = z.strictObject({
  fields: z
    .array(z.string().min(1))
    .min(1)
    .default(["tokens"])
    .describe(
      'sample fields that hold sequences and are padded, each to its own longest; default ["tokens"]',
    ),
  batchFirst: z
    .boolean()
    .default(true)
    .describe("true: batches of shape [batch, time, …]; false: [time, batch, …]; default true"),
  paddingValue: z
    .union([numberOrFact(z.number()), z.record(z.string(), numberOrFact(z.number()))])
    .default(0)
    .describe(
      'what fills the cells beyond a sequence, cut to an integer in integer fields: one number, or one per field such as {"tokens": 0, "tags": -100}, 0 where a field is left out; a fact of the data such as {"from": "vocabulary.padding"} for any of them; default 0',
    ),
  paddingSide: z
    .enum(["left", "right"])
    .default("right")
    .describe("the side of each sequence on which padding goes; default right"),
  padToMultipleOf: z
    .int()
    .min(1)
    .default(1)
    .describe(
      "the padded length is rounded up to a multiple of this, so that a device meets fewer shapes; costs padding; default 1",
    ),
  maxLength: z
    .int()
    .min(1)
    .optional()
    .describe(
      "longer sequences lose what comes after their first `maxLength` steps, before rounding by `padToMultipleOf`; default: nothing is cut",
    ),
  lengthSuffix: z
    .string()
    .min(1)
    .nullable()
    .default("Length")
    .describe(
      "each padded field also yields its lengths after cutting, int32 [batch], under its name with this suffix (`tokensLength`); null for none; default Length",
    ),
});

type Options = WithFacts<z.output<typeof options>>;
type Fields = Readonly<Record<string, unknown>>;

export default defineCollate({
  name: "pad-sequence",
  summary: "pads sequences of varying length to the longest of the batch",
  options,
  create(given, { facts }) {
    const options = resolveFacts(given, facts);
    requireValuesOfFields(options);
    return (samples: readonly unknown[], allocator: Allocator, fields?: FieldTypes) =>
      collate(samples, allocator, options, fields);
  },
});

function collate(
  samples: readonly unknown[],
  allocator: Allocator,
  options: Options,
  types: FieldTypes | undefined,
): Fields {
  if (samples.length === 0) {
    throw new MillraceError("COLLATE_EMPTY", "a batch needs at least one sample, was given none");
  }
  const objects = samples.map(requireObject);
  const padded = new Set(options.fields);
  const others = defaultCollate(
    objects.map((sample) => without(sample, padded)),
    allocator,
    types,
  ) as Fields;
  const sequences = new Map(options.fields.map((field) => [field, stepsOf(objects, field, options)]));
  const batch: Record<string, unknown> = {};
  for (const field of Object.keys(objects[0])) {
    const steps = sequences.get(field);
    batch[field] = steps === undefined ? others[field] : pad(field, steps, allocator, options);
  }
  // Last, because trainers take the first field that is no target for the input.
  for (const [field, steps] of sequences) addLengths(batch, field, steps, allocator, options);
  return batch;
}

function pad(field: string, steps: readonly Steps[], allocator: Allocator, options: Options): NdArray {
  const { batchFirst, paddingSide, paddingValue, padToMultipleOf } = options;
  const value = typeof paddingValue === "number" ? paddingValue : (paddingValue[field] ?? 0);
  const length = Math.ceil(longest(steps) / padToMultipleOf) * padToMultipleOf;
  return padSteps(steps, { batchFirst, paddingSide, paddingValue: value, length, allocator });
}

function addLengths(
  batch: Record<string, unknown>,
  field: string,
  steps: readonly Steps[],
  allocator: Allocator,
  { lengthSuffix }: Options,
): void {
  if (lengthSuffix === null) return;
  const key = field + lengthSuffix;
  if (key in batch) {
    throw new MillraceError(
      "COLLATE_MISMATCH",
      `the lengths of "${field}" need the name "${key}", but samples have such a field`,
      {
        hint: "Set `lengthSuffix` to another ending, or to null.",
      },
    );
  }
  const lengths = allocator.allocate("int32", [steps.length]);
  steps.forEach((own, row) => (lengths.data[row] = own.length));
  batch[key] = lengths;
}

/** The sequences of one field, cut to `maxLength`. */
function stepsOf(samples: readonly Fields[], field: string, { maxLength = Infinity }: Options): Steps[] {
  return samples.map((sample, entry) => {
    if (!(field in sample)) {
      throw new MillraceError(
        "COLLATE_MISMATCH",
        `every sample must have the field "${field}", but entry ${entry} has ${Object.keys(sample).join(", ") || "no fields"}`,
        { hint: "Name the fields that hold sequences in `fields`." },
      );
    }
    const steps = toSteps(sample[field], `"${field}" of entry ${entry}`);
    return steps.length <= maxLength ? steps : cut(steps, maxLength);
  });
}

function cut(steps: Steps, length: number): Steps {
  const size = steps.trailing.reduce((product, extent) => product * extent, length);
  return { ...steps, length, data: steps.data.slice(0, size) };
}

function without(sample: Fields, fields: ReadonlySet<string>): Fields {
  return Object.fromEntries(Object.entries(sample).filter(([key]) => !fields.has(key)));
}

function requireObject(sample: unknown, entry: number): Fields {
  if (isPlainObject(sample)) return sample;
  throw new MillraceError(
    "COLLATE_TYPE",
    `pad-sequence needs samples that are objects with named fields, but entry ${entry} is ${kindOf(sample)}`,
    { hint: "Return `{ tokens, label }` from the source or a transform." },
  );
}

function requireValuesOfFields({ fields, paddingValue }: Options): void {
  if (typeof paddingValue === "number") return;
  const stray = Object.keys(paddingValue).find((field) => !fields.includes(field));
  if (stray === undefined) return;
  throw new MillraceError(
    "OPTION_INVALID",
    `\`paddingValue\` must name fields of \`fields\`, was "${stray}"`,
    {
      hint: `Padded are: ${fields.join(", ")}.`,
    },
  );
}
