/** Takes the inputs and the target out of a batch, as plain arrays. */
import { type Batch, didYouMean, isNdArray, MillraceError, type NdArray } from "@millrace/core";
import { kindOf } from "@millrace/core/dataloader";
import type { InputForm } from "@millrace/core/spec";
import type { InputColumn } from "../models/ready.js";

/** Which keys of the batch to use; unnamed, the target is `label` and the input the first other array of numbers. */
export interface ColumnNames {
  /** One, or several in a list. */
  readonly input?: string | readonly string[] | undefined;
  readonly target?: string | undefined;
  /** How much each sample counts: it is no input. */
  readonly sampleWeight?: string | undefined;
}

export interface Columns {
  /** One at least, in the order in which they are named. */
  readonly inputs: readonly InputColumn[];
  /** Shape [samples, …]. */
  readonly target: NdArray;
  readonly samples: number;
}

/** Raises TRAINING_INPUT where a key is missing, is no array, or they do not all hold equally many samples. */
export function columnsOf(batch: Batch, names: ColumnNames): Columns {
  const target = arrayAt(recordOf(batch), targetKeyOf(names), ["target"]);
  const inputs = inputsOf(batch, names);
  const samples = sameLength([...inputs, { name: targetKeyOf(names), array: target }]);
  return { inputs, target, samples };
}

/** The inputs alone, of a batch that need not have a target. Raises TRAINING_INPUT. */
export function inputsOf(batch: Batch, names: ColumnNames): InputColumn[] {
  const record = recordOf(batch);
  const named = typeof names.input === "string" ? [names.input] : names.input;
  const isList = typeof names.input === "object";
  if (named !== undefined) {
    const inputs = named.map((name, i) => ({
      name,
      array: arrayAt(record, name, isList ? ["input", i] : ["input"]),
    }));
    sameLength(inputs);
    return inputs;
  }
  const targetKey = targetKeyOf(names);
  const others = Object.keys(record).filter((key) => key !== targetKey && key !== names.sampleWeight);
  const name = others.find((key) => isNdArray(record[key])) ?? others[0];
  if (name !== undefined) return [{ name, array: arrayAt(record, name, ["input"]) }];
  throw new MillraceError(
    "TRAINING_INPUT",
    `a batch must hold an input beside "${targetKey}", was nothing else`,
  );
}

/** How many samples all of them hold. */
function sameLength(columns: readonly InputColumn[]): number {
  const [{ array: first }] = columns;
  const samples = first.shape[0];
  const fits = samples > 0 && columns.every(({ array }) => array.shape[0] === samples);
  if (fits) return samples;
  const names = columns.map(({ name }) => `"${name}"`);
  const shapes = columns.map(({ array }) => `[${array.shape.join(", ")}]`);
  throw new MillraceError(
    "TRAINING_INPUT",
    columns.length === 1
      ? `${names[0]} must have at least one sample, its shape was ${shapes[0]}`
      : `${listed(names)} must have equally many samples, at least one; their shapes were ${listed(shapes)}`,
  );
}

function listed(words: readonly string[]): string {
  return `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
}

function targetKeyOf({ target = "label" }: ColumnNames): string {
  return target;
}

function recordOf({ data }: Batch): Record<string, unknown> {
  if (typeof data === "object" && data !== null && !isNdArray(data) && !Array.isArray(data)) {
    return data as Record<string, unknown>;
  }
  const was = isNdArray(data) ? `an array of shape [${data.shape.join(", ")}]` : kindOf(data);
  throw new MillraceError("TRAINING_INPUT", `a batch must be an object of arrays by name, was ${was}`, {
    hint: "Let samples be objects with fields by name, and a collate plugin return `{ input: array, label: array }`.",
  });
}

/** `option` is the trainer's own that names the key, and the place in its list. */
function arrayAt(
  record: Record<string, unknown>,
  key: string,
  option: readonly ["input" | "target", number?],
): NdArray {
  const keys = Object.keys(record);
  const [role] = option;
  const path = ["trainer", "with", ...option].filter((part) => part !== undefined);
  if (!Object.hasOwn(record, key)) {
    throw new MillraceError(
      "TRAINING_INPUT",
      `the ${role} "${key}" must be in the batch, which has ${keys.map((name) => `"${name}"`).join(", ") || "no fields by name"}` +
        didYouMean(key, keys),
      { hint: `Set the trainer's option \`${role}\` to one of them.`, path },
    );
  }
  const value = record[key];
  if (isNdArray(value)) return value;
  const kind = Array.isArray(value) ? "a list" : kindOf(value);
  throw new MillraceError(
    "TRAINING_INPUT",
    `"${key}" must be an array of numbers in the batch, was ${kind}`,
    {
      hint: "Turn it into numbers with a transform or a collate plugin.",
      ...(option.length > 1 && { path }),
    },
  );
}

/** The shape of one sample. */
export function sampleShape(array: NdArray): readonly number[] {
  return array.shape.slice(1);
}

/** What inputs look like to a model. */
export function formsOf(inputs: readonly InputColumn[]): InputForm[] {
  return inputs.map(({ name, array }) => ({ name, shape: sampleShape(array), dtype: array.dtype }));
}
