/** Samples on which transforms and collate functions are tried where nobody gives one. */
import { arrayConstructors, type DType, type FieldType, type FieldTypes, ndarray } from "@millrace/core";

export interface Trial {
  /** As `--sample` calls it. */
  readonly name: string;
  /** Fresh ones at each call, always equal, two or more that differ. */
  readonly samples: () => readonly object[];
  readonly fields: FieldTypes;
}

const label = { label: { type: "int32" } } as const;

const trials: readonly Trial[] = [
  {
    name: "table",
    samples: () =>
      [0, 1, 2].map((i) => ({ features: Float32Array.of(1 + i, 2.5 - i, -3 * i), label: i % 2 })),
    fields: label,
  },
  {
    name: "text",
    samples: () =>
      ["One fish, two fish.", "Red fish; blue fish!", ""].map((text, i) => ({ text, label: i % 2 })),
    fields: { text: { type: "text" }, ...label },
  },
  {
    name: "image",
    samples: () => [0, 1, 2].map((i) => ({ image: picture(i), label: i % 2 })),
    fields: label,
  },
  {
    name: "tokens",
    samples: () =>
      [2, 4, 1].map((length, i) => ({ tokens: Int32Array.from({ length }, (_, k) => k + i), label: i % 2 })),
    fields: label,
  },
  {
    name: "sound",
    samples: () =>
      [0, 1, 2].map((i) => ({
        samples: Float32Array.from({ length: 64 }, (_, k) => Math.sin(k / (i + 2))),
        label: i % 2,
      })),
    fields: label,
  },
];

export const trialNames: readonly string[] = trials.map(({ name }) => name);

function picture(seed: number) {
  const data = Uint8Array.from({ length: 24 * 24 * 3 }, (_, i) => (i * 7 + seed * 31) % 256);
  return ndarray(data, [24, 24, 3]);
}

/** The trials to be made: those of `--sample`, which are one if they are JSON; or all. */
export function trialsOf(given: readonly string[] | undefined): readonly Trial[] {
  if (given === undefined || given.length === 0) return trials;
  const named = trials.filter(({ name }) => given.includes(name));
  if (named.length > 0) return named;
  const samples = () => given.map((text) => arraysIn(JSON.parse(text)) as object);
  return [{ name: "the samples given", samples, fields: fieldsOf(samples()[0] ?? {}) }];
}

/** Lists of numbers as vectors, `{ dtype, shape, data }` as arrays; all else as JSON has it. */
function arraysIn(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.length > 0 && value.every((each) => typeof each === "number")
      ? Float32Array.from(value)
      : value.map(arraysIn);
  }
  if (typeof value !== "object" || value === null) return value;
  const { dtype, shape, data } = value as { dtype?: DType; shape?: number[]; data?: number[] };
  if (dtype !== undefined && shape !== undefined && data !== undefined) {
    const made = new arrayConstructors[dtype](data.length);
    data.forEach((number, i) => (made[i] = (typeof made[i] === "bigint" ? BigInt(number) : number) as never));
    return ndarray(made, shape);
  }
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, arraysIn(each)]));
}

/** Loose numbers are float32, but for a label; texts are texts. */
function fieldsOf(sample: object): FieldTypes {
  const fields: Record<string, FieldType> = {};
  for (const [name, value] of Object.entries(sample) as [string, unknown][]) {
    if (typeof value === "number") fields[name] = { type: name === "label" ? "int32" : "float32" };
    else if (typeof value === "string") fields[name] = { type: "text" };
    else if (typeof value === "boolean") fields[name] = { type: "bool" };
  }
  return fields;
}
