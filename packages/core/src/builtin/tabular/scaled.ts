/** What the fitted scalings of numbers share: the types they make, and the way back for targets. */
import type { FieldType } from "../../contracts/dataset.js";
import type { Inverse } from "../../contracts/transform.js";
import { numberTypeOf } from "./fields.js";
import { floatOf } from "./number-types.js";

interface Fitted {
  readonly field: string;
  /** Numbers per sample; null for a single one. */
  readonly elements: number | null;
}

/** The type of a field of which float numbers were made. */
export function scaledField(
  field: FieldType | undefined,
  fitted: readonly Fitted[],
  name: string,
): FieldType | undefined {
  const elements = fitted.find((each) => each.field === name)?.elements ?? null;
  const shape = elements === null ? {} : { shape: [elements] };
  return { ...shape, ...field, type: floatOf(numberTypeOf(field)) };
}

/** The way back of a field that was scaled, number by number: `back` takes a value, and which of a sample's numbers it is. */
export function inverseOf<F extends Fitted>(
  field: string,
  fitted: readonly F[],
  make: (of: F) => (value: number, element: number) => number,
): Inverse | undefined {
  const of = fitted.find((each) => each.field === field);
  if (of === undefined) return undefined;
  const back = make(of);
  const width = of.elements ?? 1;
  return { field, apply: (values) => Float64Array.from(values, (value, i) => back(value, i % width)) };
}

/** How a message names an element: not at all where there is only one. */
export function elementAt(elements: number | null, element: number): number | undefined {
  return elements === null ? undefined : element;
}
