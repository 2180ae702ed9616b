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
import {
  cutRagged,
  isRagged,
  longest,
  longestOf,
  padRagged,
  padSteps,
  type Ragged,
  type RaggedColumns,
  type Steps,
} from "@millrace/core/dataloader";
import { z } from "zod";
import { attentionMask } from "../sequences/attention-mask.js";
import { maxLength, padToMultipleOf, paddingSide, truncationSide } from "../sequences/options.js";
import { type Fields, ownName, requireObjects, sequencesOf, without } from "../sequences/samples.js";

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
  paddingSide,
  padToMultipleOf,
  maxLength,
  truncationSide,
  lengthSuffix: z
    .string()
    .min(1)
    .nullable()
    .default("Length")
    .describe(
      "each padded field also yields its lengths after cutting, int32 [batch], under its name with this suffix (`tokensLength`); null for none; default Length",
    ),
  attentionMask: z
    .boolean()
    .default(false)
    .describe(
      "also yield `attentionMask`: 1 where the first of `fields` has a step, 0 for padding, whatever values the steps have; int32 [batch, time], or [time, batch]; default false",
    ),
});

type Options = WithFacts<z.output<typeof options>>;

export default defineCollate({
  name: "pad-sequence",
  summary: "pads sequences of varying length to the longest of the batch",
  options,
  create(given, { facts }) {
    const options = resolveFacts(given, facts);
    requireValuesOfFields(options);
    const padding = (samples: readonly unknown[], allocator: Allocator, fields?: FieldTypes) =>
      collate(samples, allocator, options, fields);
    return Object.assign(padding, {
      fromColumns: {
        ragged: options.fields,
        collate: (columns: RaggedColumns, allocator: Allocator) => padColumns(columns, allocator, options),
      },
    });
  },
});

/** The same batch from columns; undefined where one of `fields` is no ragged column. */
function padColumns(columns: RaggedColumns, allocator: Allocator, options: Options): Fields | undefined {
  const { fields, maxLength, truncationSide, paddingValue, batchFirst, paddingSide } = options;
  const cut = new Map<string, Ragged>();
  for (const field of fields) {
    const column = columns[field];
    if (!isRagged(column)) return undefined;
    cut.set(field, cutRagged(column, maxLength, truncationSide));
  }
  const batch: Record<string, unknown> = {};
  for (const field of Object.keys(columns)) {
    const ragged = cut.get(field);
    if (ragged === undefined) batch[field] = columns[field];
    else {
      const length = paddedLength(longestOf(ragged), options);
      const value = valueFor(field, paddingValue);
      batch[field] = padRagged(ragged, { batchFirst, paddingSide, paddingValue: value, length, allocator });
    }
  }
  for (const [field, { lengths }] of cut) addLengths(batch, field, lengths, allocator, options);
  if (options.attentionMask) addMask(batch, cut.get(fields[0])?.lengths ?? [], allocator, options);
  return batch;
}

function collate(
  samples: readonly unknown[],
  allocator: Allocator,
  options: Options,
  types: FieldTypes | undefined,
): Fields {
  const objects = requireObjects("pad-sequence", samples);
  const { fields } = options;
  const others = defaultCollate(without(objects, new Set(fields)), allocator, types) as Fields;
  const sequences = new Map(fields.map((field) => [field, sequencesOf(objects, field, "fields", options)]));
  const batch: Record<string, unknown> = {};
  for (const field of Object.keys(objects[0])) {
    const steps = sequences.get(field);
    batch[field] = steps === undefined ? others[field] : pad(field, steps, allocator, options);
  }
  // Last, because trainers take the first field that is no target for the input.
  const lengthsOf = (field: string) => sequences.get(field)?.map((own) => own.length) ?? [];
  for (const field of sequences.keys()) addLengths(batch, field, lengthsOf(field), allocator, options);
  if (options.attentionMask) addMask(batch, lengthsOf(fields[0]), allocator, options);
  return batch;
}

function pad(field: string, steps: readonly Steps[], allocator: Allocator, options: Options): NdArray {
  const { batchFirst, paddingSide, paddingValue } = options;
  const value = valueFor(field, paddingValue);
  const length = paddedLength(longest(steps), options);
  return padSteps(steps, { batchFirst, paddingSide, paddingValue: value, length, allocator });
}

function valueFor(field: string, value: Options["paddingValue"]): number {
  return typeof value === "number" ? value : (value[field] ?? 0);
}

function paddedLength(longest: number, { padToMultipleOf }: Pick<Options, "padToMultipleOf">): number {
  // One step at least: models cannot be asked about arrays of nothing.
  return Math.ceil(Math.max(1, longest) / padToMultipleOf) * padToMultipleOf;
}

function addLengths(
  batch: Record<string, unknown>,
  field: string,
  own: ArrayLike<number>,
  allocator: Allocator,
  { lengthSuffix }: Options,
): void {
  if (lengthSuffix === null) return;
  const remedy = "set `lengthSuffix` to another ending, or to null";
  const key = ownName(batch, field + lengthSuffix, `the lengths of "${field}" need`, remedy);
  const lengths = allocator.allocate("int32", [own.length]);
  lengths.data.set(own);
  batch[key] = lengths;
}

function addMask(
  batch: Record<string, unknown>,
  lengths: ArrayLike<number>,
  allocator: Allocator,
  options: Options,
): void {
  const key = ownName(batch, "attentionMask", "the mask needs", "leave the option `attentionMask` out");
  const rows = Array.from(lengths);
  const length = paddedLength(Math.max(0, ...rows), options);
  batch[key] = attentionMask(rows, { ...options, length, allocator });
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
