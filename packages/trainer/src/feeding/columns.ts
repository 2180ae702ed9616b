/** Takes the input and the target out of a batch, as plain arrays. */
import { type Batch, didYouMean, isNdArray, MillraceError, type NdArray } from "@millrace/core";

/** Which keys of the batch to use; unnamed, the target is `label` and the input the first other array of numbers. */
export interface ColumnNames {
  readonly input?: string | undefined;
  readonly target?: string | undefined;
  /** How much each sample counts: it is no input. */
  readonly sampleWeight?: string | undefined;
}

/** The model's input, and the key under which it stands in a batch. */
export interface InputColumn {
  readonly name: string;
  /** Shape [samples, …]. */
  readonly array: NdArray;
}

export interface Columns {
  /** Shape [samples, …]. */
  readonly input: NdArray;
  /** Shape [samples, …]. */
  readonly target: NdArray;
  readonly samples: number;
}

/** Raises TRAINING_INPUT where a key is missing, is no array, or the two do not hold equally many samples. */
export function columnsOf(batch: Batch, names: ColumnNames): Columns {
  const target = arrayAt(recordOf(batch), targetKeyOf(names), "target");
  const { name, array: input } = inputOf(batch, names);
  const samples = input.shape[0];
  if (samples === undefined || samples === 0 || target.shape[0] !== samples) {
    throw new MillraceError(
      "TRAINING_INPUT",
      `"${name}" and "${targetKeyOf(names)}" must have equally many samples, at least one; ` +
        `their shapes were [${input.shape.join(", ")}] and [${target.shape.join(", ")}]`,
    );
  }
  return { input, target, samples };
}

/** The input alone, of a batch that need not have a target. Raises TRAINING_INPUT. */
export function inputOf(batch: Batch, names: ColumnNames): InputColumn {
  const record = recordOf(batch);
  const targetKey = targetKeyOf(names);
  const others = Object.keys(record).filter((key) => key !== targetKey && key !== names.sampleWeight);
  const name = names.input ?? others.find((key) => isNdArray(record[key])) ?? others[0];
  if (name !== undefined) return { name, array: arrayAt(record, name, "input") };
  throw new MillraceError(
    "TRAINING_INPUT",
    `a batch must hold an input beside "${targetKey}", was nothing else`,
  );
}

function targetKeyOf({ target = "label" }: ColumnNames): string {
  return target;
}

function recordOf({ data }: Batch): Record<string, unknown> {
  if (typeof data === "object" && data !== null && !isNdArray(data) && !Array.isArray(data)) {
    return data as Record<string, unknown>;
  }
  throw new MillraceError("TRAINING_INPUT", "a batch must be an object of arrays by name", {
    hint: "Let the collate plugin return `{ input: array, label: array }`.",
  });
}

function arrayAt(record: Record<string, unknown>, key: string, role: "input" | "target"): NdArray {
  const keys = Object.keys(record);
  if (!Object.hasOwn(record, key)) {
    throw new MillraceError(
      "TRAINING_INPUT",
      `the ${role} "${key}" must be in the batch, which has ${keys.map((name) => `"${name}"`).join(", ")}` +
        didYouMean(key, keys),
      {
        hint: `Set the trainer's option \`${role}\` to one of them.`,
        path: ["trainer", "with", role],
      },
    );
  }
  const value = record[key];
  if (isNdArray(value)) return value;
  const kind = Array.isArray(value) ? "a list" : typeof value;
  throw new MillraceError(
    "TRAINING_INPUT",
    `"${key}" must be an array of numbers in the batch, was ${kind}`,
    {
      hint: "Turn it into numbers with a transform or a collate plugin.",
    },
  );
}

/** The shape of one sample. */
export function sampleShape(array: NdArray): readonly number[] {
  return array.shape.slice(1);
}
