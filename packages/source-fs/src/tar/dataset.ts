/** Samples of shards by index. */
import { checkIndex, type ColumnValues, type Dataset, MillraceError } from "@millrace/core";
import { unpacked } from "../memory/packed-text.js";
import { absent, keptParts, type TarIndex } from "./index-builder.js";
import { blockBytes } from "./header.js";
import type { Shard } from "./shards.js";
import { type Located, SampleReader, type SampleTools, type TarSample } from "./samples.js";

export interface IndexedShards extends SampleTools {
  readonly shards: readonly Shard[];
  readonly index: Omit<TarIndex, "labels">;
  readonly firsts: readonly number[];
}

type ByIndex = Required<Pick<Dataset<TarSample>, "length" | "get" | "key" | "column">>;

export function indexedSamples(opened: IndexedShards): ByIndex {
  const { plan, shards, index, firsts } = opened;
  const { length, members } = index;
  const nameOf = unpacked(index.keys);
  const kept = keptParts(plan);
  const width = 2 * kept.length;
  const placeOf = plan.parts.map((_, part) => kept.indexOf(part));
  const classes = Object.entries(index.classes);
  const reader = new SampleReader(opened, ({ column }) => column.kind !== "class");
  const key = (at: number): string => `${shards[shardOf(firsts, at)].name}/${nameOf(at)}`;
  const locate = (at: number): Located => ({
    shard: shardOf(firsts, at),
    get key() {
      return key(at);
    },
    at(part) {
      const row = at * width + 2 * placeOf[part];
      return members[row + 1] === absent ? undefined : [members[row] * blockBytes, members[row + 1]];
    },
  });
  const complete = (at: number, fields: Record<string, unknown> | undefined): TarSample => {
    if (fields === undefined) throw changed(key(at));
    for (const [field, codes] of classes) {
      const code = codes[at];
      fields[field] = Number.isNaN(code) ? null : code;
    }
    return fields;
  };
  return {
    length,
    key,
    get(at) {
      const read = reader.read(locate(checkIndex(at, length)));
      return read instanceof Promise ? read.then((fields) => complete(at, fields)) : complete(at, read);
    },
    column(name) {
      if (Object.hasOwn(index.classes, name)) return index.classes[name];
      const field = plan.fields.find(({ column }) => column.field === name);
      if (field === undefined || field.isArray || field.column.width !== undefined) return undefined;
      if (!["int32", "float32", "float64", "date", "text"].includes(field.column.kind)) return undefined;
      return readColumn(name, new SampleReader(opened, (each) => each === field), length, locate);
    },
  };
}

/** One field of all samples, from their files; undefined where one misses it. */
async function readColumn(
  name: string,
  reader: SampleReader,
  length: number,
  locate: (index: number) => Located,
): Promise<ColumnValues | undefined> {
  const values: (number | string)[] = [];
  for (let index = 0; index < length; index++) {
    const value = (await reader.read(locate(index)))?.[name];
    if (typeof value !== "number" && typeof value !== "string") return undefined;
    values.push(value);
  }
  return values;
}

/** The shard of a sample, by bisection; shards may be empty. */
function shardOf(firsts: readonly number[], index: number): number {
  let low = 0;
  let high = firsts.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (firsts[middle] <= index) low = middle;
    else high = middle;
  }
  return low;
}

/** Samples that a policy leaves out were left out when the shards were opened. */
function changed(key: string): MillraceError {
  return new MillraceError(
    "FILE_FORMAT",
    "a shard must stay as it is while it is used, but a sample has lost a value",
    {
      where: [key],
      hint: "Start again when nobody writes to it any more.",
    },
  );
}
