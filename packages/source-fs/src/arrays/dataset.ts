/** Arrays as a dataset: a sample is a row of each. */
import { checkIndex, type Dataset, type NdArray, sizeOf, zeros } from "@millrace/core";
import { fileReader } from "../files/parts.js";
import { type ArraysOpening, factsOf, fieldTypesOf, wholeColumn } from "./opening.js";
import { arrayRows, type ArrayRows } from "./rows.js";

/** The fields that were asked for: an array, or a number or flag where the array has one axis. */
export type ArraySample = Readonly<Record<string, NdArray | number | boolean>>;

/** `name` is what samples are called by, with their index. */
export function arrayDataset(opening: ArraysOpening, name: string): Dataset<ArraySample> {
  const { fields, length, fingerprint } = opening;
  const files = [...new Map(fields.map(({ array: { file } }) => [file.path, file])).values()];
  const reader = fileReader(files);
  const keyOf = (index: number): string => `${name}#${index}`;
  const rows = fields.map(({ field, array, type }) => {
    const file = files.findIndex(({ path }) => path === array.file.path);
    return [field, arrayRows(array, type, file, reader, keyOf)] as const;
  });
  const checked = (indices: readonly number[]): readonly number[] => {
    for (const index of indices) checkIndex(index, length);
    return indices;
  };
  const samples = (indices: readonly number[]): ArraySample[] => {
    const made = checked(indices).map((): Record<string, ArraySample[string]> => ({}));
    for (const [field, column] of rows)
      for (const [i, value] of valuesOf(column, indices).entries()) made[i][field] = value;
    return made;
  };
  return {
    length,
    facts: factsOf(opening),
    fields: fieldTypesOf(fields),
    get: (index) => samples([index])[0],
    getMany: samples,
    getBatch(indices, _context, allocator) {
      const columns = rows.map(([field, { shape, type, read }]) => {
        const column = allocator.allocate(type, [indices.length, ...shape]);
        read(checked(indices), column.data);
        return [field, column] as const;
      });
      return Object.fromEntries(columns);
    },
    key: keyOf,
    column(field) {
      const found = fields.find((each) => each.field === field);
      const isColumn = found !== undefined && found.array.shape.length === 1 && found.type !== "bool";
      return isColumn ? wholeColumn(found, length) : undefined;
    },
    fingerprint: () => fingerprint,
    share: () => opening,
    close: () => reader.close(),
  };
}

/** One value for each index; arrays are views of one: nobody may write to them. */
function valuesOf({ shape, type, read }: ArrayRows, indices: readonly number[]): ArraySample[string][] {
  const { data } = zeros(type, [indices.length, ...shape]);
  read(indices, data);
  if (shape.length === 0) {
    return Array.from(data, (value) => (type === "bool" ? value === 1 : value));
  }
  const size = sizeOf(shape);
  return indices.map((_, i) => ({ dtype: type, shape, data: data.subarray(i * size, (i + 1) * size) }));
}
