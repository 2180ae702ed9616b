/** Transforms that make something of single fields: one map per field, for samples and for columns. */
import type { Allocator } from "../../contracts/batch.js";
import { type NdArray, sizeOf } from "../../contracts/ndarray.js";
import type { Columns, TransformContext, TransformForms } from "../../contracts/transform.js";
import { fieldOf } from "./fields.js";

export type Sample = Readonly<Record<string, unknown>>;

export type Column = Columns[string];

/** What becomes of one field. Both forms agree, bit for bit. */
export interface FieldMap {
  /** The field that it reads. */
  readonly from: string;
  /** The field that it makes; `from` is replaced where they are the same. */
  readonly to: string;
  one(value: unknown): unknown;
  column(column: Column, count: number, allocator: Allocator): Column;
}

/** A transform that applies `maps` to each sample as it was given. */
export function fieldForms(transform: string, maps: readonly FieldMap[]): TransformForms<Sample, Sample> {
  return {
    apply(sample, context) {
      const made: Record<string, unknown> = { ...sample };
      for (const map of maps) {
        if (lacksAnswer(sample, map.from, context)) continue;
        made[map.to] = map.one(fieldOf(sample, map.from, transform));
      }
      return made;
    },
    applyColumns(columns, { indices, allocator }) {
      const made: Record<string, Column> = { ...columns };
      for (const map of maps) {
        const column = fieldOf(columns, map.from, transform) as Column;
        made[map.to] = map.column(column, indices.length, allocator);
      }
      return made;
    },
  };
}

/** True for a field that a person's own sample need not have, such as the answer that the model is asked for. */
export function lacksAnswer(sample: Sample, name: string, { loose }: TransformContext): boolean {
  return loose === true && sample?.[name] === undefined;
}

/** Numbers per sample in a column of `count`. */
export function widthOf({ shape }: NdArray): number {
  return sizeOf(shape.slice(1));
}
