/** Files of arrays, and lists of numbers, as samples for a model that arrays have trained. */
import {
  arrayConstructors,
  type DatasetFacts,
  type DType,
  type FieldType,
  type LooseFault,
  type LooseSample,
  MillraceError,
  type NdArray,
  sizeOf,
  type SourceInputs,
} from "@millrace/core";
import { arrayDataset } from "./dataset.js";
import type { OpenArrays } from "./files.js";
import { type ArraysOpening, fieldType, openArrays } from "./opening.js";

export interface ArrayInputs {
  readonly ending: string;
  readonly open: OpenArrays;
  readonly maxHeldBytes: number;
  /** The fields of training and what their arrays are called in a file; undefined where they have its names. */
  readonly names: Readonly<Record<string, string>> | undefined;
}

/** The answer, the field "label", need not be there. */
export function arrayInputs(
  { ending, open, maxHeldBytes, names }: ArrayInputs,
  { fields }: DatasetFacts,
): SourceInputs {
  const trained = Object.entries(fields ?? {}).filter(([field]) => field !== "label");
  return {
    endings: [ending],
    about: { fields: Object.fromEntries(trained) },
    async *read(path) {
      const file = { name: path, path };
      const wanted = trained.map(([field, { type }]) => ({
        field,
        file,
        from: names === undefined ? field : (names[field] ?? field),
        type: type as DType,
      }));
      const opening = await openArrays(wanted, open, maxHeldBytes, undefined, {
        option: "the input",
        code: "INPUT_INVALID",
      });
      checkForms(path, opening, trained);
      const dataset = arrayDataset(opening, path);
      try {
        for (let index = 0; index < opening.length; index++)
          yield await attempt(`${path}#${index}`, () => dataset.get(index, { epoch: 0 }));
      } finally {
        await dataset.close?.();
      }
    },
    fromValues(values) {
      const there = trained.filter(([field]) => Object.hasOwn(values, field));
      if (there.length === 0)
        throw invalid(`there must be values by the names ${trained.map(([field]) => field).join(", ")}`);
      return Object.fromEntries(there.map(([field, type]) => [field, fromLists(field, values[field], type)]));
    },
  };
}

async function attempt(name: string, make: () => unknown): Promise<LooseSample | LooseFault> {
  try {
    return { name, sample: await make() };
  } catch (error) {
    if (error instanceof MillraceError) return { name, error };
    throw error;
  }
}

function checkForms(
  path: string,
  { fields }: ArraysOpening,
  trained: readonly (readonly [string, FieldType])[],
): void {
  for (const [field, form] of trained) {
    const found = fields.find((each) => each.field === field);
    if (found === undefined || textOf(fieldType(found)) === textOf(form)) continue;
    throw invalid(
      `"${field}" must hold rows of ${textOf(form)}, as the model was trained on, holds ${textOf(fieldType(found))}`,
      path,
    );
  }
}

function fromLists(
  field: string,
  value: unknown,
  { type, shape = [] }: FieldType,
): NdArray | number | boolean {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const flat = (list as readonly never[]).flat(Number.POSITIVE_INFINITY) as unknown[];
  const wrong = flat.find(
    (each) => !(typeof each === "number" && Number.isFinite(each)) && typeof each !== "boolean",
  );
  if (wrong !== undefined)
    throw invalid(`"${field}" must hold numbers, held ${JSON.stringify(wrong) ?? "nothing"}`);
  const count = sizeOf(shape as readonly number[]);
  if (flat.length !== count || (shape.length === 0) === Array.isArray(value))
    throw invalid(
      `"${field}" must hold the ${count} numbers of ${textOf({ type, shape })}, had ${flat.length}`,
    );
  if (shape.length === 0) return value as number | boolean;
  const dtype = type as DType;
  return { dtype, shape: shape as readonly number[], data: arrayConstructors[dtype].from(flat as number[]) };
}

function textOf({ type, shape = [] }: FieldType): string {
  return `${type} [${shape.join(", ")}]`;
}

function invalid(message: string, path?: string): MillraceError {
  return new MillraceError("INPUT_INVALID", message, { where: path === undefined ? [] : [path] });
}
