/** Rows of an array along its first axis, read one by one where it lies. */
import { type DType, MillraceError, sizeOf, type TypedArray } from "@millrace/core";
import { type FileReader, type Part, readParts } from "../files/parts.js";
import { elementReader, UnfitValue } from "./elements.js";
import type { StoredArray } from "./stored-array.js";

export interface ArrayRows {
  /** The extents of one row; none for a single number. */
  readonly shape: readonly number[];
  readonly type: DType;
  /** Writes the rows one after the other to `target`. Errors: FILE_NOT_FOUND, FILE_FORMAT. */
  readonly read: (indices: readonly number[], target: TypedArray) => void;
}

/** `file` is the place of the array's file among those of `reader`; `keyOf` names a row in errors. */
export function arrayRows(
  array: StoredArray,
  type: DType,
  file: number,
  reader: FileReader,
  keyOf: (index: number) => string,
): ArrayRows {
  const { name, element, start, held } = array;
  const shape = array.shape.slice(1);
  const size = sizeOf(shape);
  const bytes = size * element.bytes;
  const decode = elementReader(element, type);
  const partOf = (index: number): Part => {
    const from = start + index * bytes;
    return { file, start: from, end: from + bytes };
  };
  const read =
    held === undefined ? reader.read : (part: Part) => Buffer.from(held, part.start, part.end - part.start);
  return {
    shape,
    type,
    read(indices, target) {
      if (bytes === 0) return;
      for (const [i, row] of readParts(indices.map(partOf), read).entries()) {
        try {
          decode(row, target, i * size);
        } catch (error) {
          if (error instanceof UnfitValue) throw unfit(name, type, error.value, keyOf(indices[i]));
          throw error;
        }
      }
    },
  };
}

function unfit(name: string, type: DType, value: string, key: string): MillraceError {
  const rule = type === "int32" ? "whole numbers within ±2^31" : "whole numbers within ±2^53";
  return new MillraceError("FILE_FORMAT", `${name} must hold ${rule} to be ${type}, was ${value}`, {
    where: [key],
    hint:
      type === "int32"
        ? 'Ask for another type in `fields`: { "from": …, "type": "float64" } holds up to 2^53.'
        : "Is it an identifier, not a quantity? Leave it out of `fields`.",
  });
}
