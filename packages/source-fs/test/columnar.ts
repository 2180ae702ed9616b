/** Columns as their files hold them, beside what pyarrow says of them. */
import { readFileSync } from "node:fs";
import { countOf, type RawColumn, type RawValue, valuesOf } from "../src/columnar/raw.js";
import type { Storage } from "../src/columnar/storage.js";

export const fixtures = new URL("fixtures/columnar/", import.meta.url);

type Expected = null | boolean | number | string | { hex: string } | { integer: string } | Expected[];

/** Values by column, in the notation of `record.py`. */
export const expected = JSON.parse(readFileSync(new URL("expected.jsonl", fixtures), "utf8")) as Record<
  string,
  readonly Expected[]
>;

/** All rows of a column, in the same notation. */
export async function valuesIn(storage: Storage, name: string): Promise<Expected[]> {
  const found: Expected[] = [];
  for (const block of storage.rows.keys()) {
    const [raw] = await storage.read(block, [name]);
    if (raw.rows !== storage.rows[block]) throw new Error(`${raw.rows} rows, not ${storage.rows[block]}`);
    found.push(...rowsOf(raw));
  }
  return found;
}

function rowsOf(raw: RawColumn): Expected[] {
  const read = valuesOf(raw);
  const at = (place: number): Expected => (raw.absent?.[place] === 1 ? null : noted(read(place)));
  const { lists } = raw;
  if (lists === undefined) {
    if (countOf(raw.values) !== raw.rows)
      throw new Error(`${countOf(raw.values)} values in ${raw.rows} rows`);
    return Array.from({ length: raw.rows }, (_, row) => at(row));
  }
  return Array.from({ length: raw.rows }, (_, row) => {
    if (lists.absent?.[row] === 1) return null;
    const [start, end] = [lists.starts[row], lists.starts[row + 1]];
    return Array.from({ length: end - start }, (_, i) => at(start + i));
  });
}

function noted(value: RawValue): Expected {
  if (value instanceof Uint8Array) return { hex: Buffer.from(value).toString("hex") };
  if (typeof value !== "bigint") return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : { integer: String(value) };
}
