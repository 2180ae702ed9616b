/** One column of a batch, from its buffers to values side by side. */
import type { PlainValues, RawColumn, RawLists, RawValues } from "../columnar/raw.js";
import type { Batch, Place } from "./batch.js";
import type { ArrowColumn, Field } from "./schema.js";
import { bits, listStarts, valuesOf } from "./values.js";

/** The values of a dictionary; `absent` has 1 for those that are none. */
export interface Dictionary {
  readonly values: PlainValues;
  readonly absent?: Uint8Array | undefined;
}

/** Rows from `start` on, of which there are `count`. */
interface Slice {
  readonly start: number;
  readonly count: number;
}

/** Throws a plain Error for buffers that are no such column. */
export async function decodeColumn(
  batch: Batch,
  fields: readonly Field[],
  column: ArrowColumn,
  dictionaryOf: (field: Field) => Promise<Dictionary>,
): Promise<RawColumn> {
  let slice: Slice = { start: 0, count: batch.rows };
  let absent: Uint8Array | undefined;
  let lists: RawLists | undefined;
  let siblings = fields;
  for (const at of column.path) {
    const field = siblings[at];
    const place = batch.places.get(field) as Place;
    if (slice.start + slice.count > place.count)
      throw new Error(`it has ${place.count} values where ${slice.start + slice.count} must be`);
    absent = either(absent, await absentIn(batch, field, place, slice));
    siblings = field.children;
    const { layout } = field;
    if (field.dictionary !== undefined || (layout.kind !== "list" && layout.kind !== "fixed-list")) {
      if (layout.kind === "struct" && field.dictionary === undefined) continue;
      const found = await leafOf(batch, field, place, slice, dictionaryOf);
      return {
        rows: batch.rows,
        meaning: field.meaning,
        ...found,
        absent: either(absent, found.absent),
        lists,
      };
    }
    const starts =
      layout.kind === "fixed-list"
        ? Uint32Array.from({ length: slice.count + 1 }, (_, i) => i * layout.size)
        : await listStarts(batch, place, slice, layout.isLarge);
    const first = layout.kind === "fixed-list" ? slice.start * layout.size : starts[0];
    lists = { starts: starts.map((start) => start - starts[0]), absent };
    slice = { start: first, count: starts[starts.length - 1] - starts[0] };
    absent = undefined;
  }
  throw new Error("it has no values");
}

async function absentIn(
  batch: Batch,
  { layout, dictionary }: Field,
  { nulls, buffer }: Place,
  { start, count }: Slice,
): Promise<Uint8Array | undefined> {
  if (layout.kind === "null" && dictionary === undefined) return new Uint8Array(count).fill(1);
  if (nulls === 0) return undefined;
  const bitmap = await batch.read(buffer);
  if (bitmap.length === 0) return undefined;
  const there = bits(bitmap, start, count);
  for (let i = 0; i < count; i++) there[i] ^= 1;
  return there.includes(1) ? there : undefined;
}

function either(one: Uint8Array | undefined, other: Uint8Array | undefined): Uint8Array | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one.map((mark, i) => mark | other[i]);
}

async function leafOf(
  batch: Batch,
  field: Field,
  place: Place,
  { start, count }: Slice,
  dictionaryOf: (field: Field) => Promise<Dictionary>,
): Promise<{ readonly values: RawValues; readonly absent?: Uint8Array | undefined }> {
  const { dictionary, layout } = field;
  if (dictionary === undefined)
    return { values: await valuesOf(batch, layout, place, start, count, field.meaning) };
  const { values, absent } = await dictionaryOf(field);
  const known = values.form === "numbers" ? values.data.length : values.starts.length - 1;
  const gone = await absentIn(batch, field, place, { start, count });
  const indices = await valuesOf(batch, dictionary.index, place, start, count, { kind: "number" });
  const { data } = indices as PlainValues & { form: "numbers" };
  const codes = new Int32Array(count);
  const without = absent === undefined ? undefined : new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    if (gone?.[i] === 1) continue;
    const code = Number(data[i]);
    if (!(code >= 0 && code < known))
      throw new Error(`a value is number ${code} of a dictionary of ${known}`);
    codes[i] = code;
    if (without !== undefined && absent?.[code] === 1) without[i] = 1;
  }
  return { values: { form: "coded", codes, dictionary: values }, absent: without };
}

/** The values of a dictionary's own batch. */
export async function decodeDictionary(batch: Batch, field: Field): Promise<Dictionary> {
  const place = batch.places.get(field) as Place;
  const { layout, meaning } = field;
  if (place.count < batch.rows) throw new Error("a dictionary has fewer values than it says");
  const values = await valuesOf(batch, layout, place, 0, batch.rows, meaning);
  const absent = await absentIn(batch, field, place, { start: 0, count: batch.rows });
  return { values, absent };
}
