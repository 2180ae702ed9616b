/** The index of shards: where the files of each sample lie, its key, its classes. */
import { didYouMean, dropped, MillraceError } from "@millrace/core";
import { GrowingRows } from "../memory/growing.js";
import { type PackedText, TextPacker } from "../memory/packed-text.js";
import { ClassCollector } from "./classes.js";
import type { Plan, TarField } from "./columns.js";
import { named } from "./faults.js";
import type { Member, SampleGroup } from "./groups.js";
import { blockBytes } from "./header.js";
import { absence, Contents, type FieldReader, fieldReader } from "./values.js";

/** What stands for the size of a file that a sample does not have. */
export const absent = 2 ** 32 - 1;
/** One read takes no more. */
const largestMember = 2 ** 31 - 1;

/** Arrays in shared memory, one value or row for each sample. */
export interface TarIndex {
  readonly keys: PackedText;
  /** For each part that is kept: the block where its content begins, and its size in bytes. */
  readonly members: Uint32Array;
  /** Indices of classes; NaN where there is none. */
  readonly classes: Readonly<Record<string, Int32Array | Float32Array>>;
  readonly labels: Readonly<Record<string, readonly string[]>>;
  readonly length: number;
  readonly dropped: number;
}

interface ClassField {
  readonly field: TarField;
  readonly collector: ClassCollector;
  readonly read: FieldReader;
  readonly codes: GrowingRows<Int32Array>;
}

/** Parts whose places are needed after the scan: all, but those that hold classes alone. */
export function keptParts({ parts, fields }: Plan): number[] {
  const needed = fields.filter(({ column }) => column.kind !== "class");
  return parts.flatMap((_, part) =>
    needed.some(({ places }) => places.some((each) => each.part === part)) ? [part] : [],
  );
}

export class IndexBuilder {
  readonly #plan: Plan;
  readonly #kept: readonly number[];
  readonly #keys = new TextPacker();
  readonly #members: GrowingRows<Uint32Array>;
  readonly #classes: readonly ClassField[];
  /** Fields, beside classes, whose values say whether a sample is left out. */
  readonly #dropping: readonly FieldReader[];
  readonly #required: readonly TarField[];
  readonly #whole: readonly TarField[];
  /** Parts whose content is read in the scan. */
  readonly read: readonly number[];
  length = 0;
  dropped = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#kept = keptParts(plan);
    this.#members = new GrowingRows(Uint32Array, Math.max(1, 2 * this.#kept.length));
    this.#classes = plan.fields
      .filter(({ column }) => column.kind === "class")
      .map((field) => {
        const collector = new ClassCollector(plan, field);
        return {
          field,
          collector,
          read: fieldReader(field, plan, collector),
          codes: new GrowingRows(Int32Array, 1),
        };
      });
    const others = plan.fields.filter(({ column }) => column.kind !== "class");
    const isWhole = ({ column, isArray }: TarField): boolean =>
      isArray || column.kind === "image" || column.kind === "bytes";
    const dropping = others.filter((field) => absence(field) === "drop" && !isWhole(field));
    this.#dropping = dropping.map((field) => fieldReader(field, plan));
    this.#whole = others.filter((field) => absence(field) === "drop" && isWhole(field));
    this.#required = plan.fields.filter((field) => absence(field) === "error");
    const places = [...this.#classes.map(({ field }) => field), ...dropping].flatMap((field) => field.places);
    this.read = [...new Set(places.map(({ part }) => part))];
  }

  /** `contents` are those of the parts in `read`. Errors: FILE_FORMAT, naming shard, key and field. */
  add(
    shard: string,
    group: SampleGroup,
    members: readonly (Member | undefined)[],
    contents: readonly (Uint8Array | undefined)[],
  ): void {
    const place = (part: number): string => `${shard}/${members[part]?.name ?? group.key}`;
    const isThere = ({ places }: TarField): boolean =>
      places.every(({ part }) => members[part] !== undefined);
    const missing = this.#required.find((field) => !isThere(field));
    if (missing !== undefined) throw incomplete(`${shard}/${group.key}`, missing, this.#plan, group);
    const files = new Contents(contents, place);
    const codes = this.#classes.map(({ read }) => read(files));
    const isDropped =
      codes.includes(dropped) ||
      this.#whole.some((field) => !isThere(field)) ||
      this.#dropping.some((read) => read(files) === dropped);
    if (isDropped) {
      this.dropped++;
      return;
    }
    for (const [i, { codes: column }] of this.#classes.entries()) {
      const at = column.next();
      column.block[at] = (codes[i] as number | null) ?? -1;
    }
    const at = this.#members.next();
    for (const [i, part] of this.#kept.entries()) {
      const member = members[part];
      if (member !== undefined) requireAddressable(member, shard);
      this.#members.block[at + 2 * i] = member === undefined ? 0 : member.data / blockBytes;
      this.#members.block[at + 2 * i + 1] = member?.size ?? absent;
    }
    this.#keys.push(group.key);
    this.length++;
  }

  /** `known` gives the names of classes that are to be followed, by field. Errors: LABEL_UNKNOWN. */
  finish(known: (field: string) => readonly string[] | undefined): TarIndex {
    const classes: Record<string, Int32Array | Float32Array> = {};
    const labels: Record<string, readonly string[]> = {};
    for (const { field, collector, codes } of this.#classes) {
      const { column } = field;
      const made = collector.finish(known(column.field));
      labels[column.field] = made.labels;
      classes[column.field] = indicesOf(codes.shared(), made.indices, column.nullable);
    }
    const members = this.#members.shared();
    return {
      keys: this.#keys.finish(),
      members,
      classes,
      labels,
      length: this.length,
      dropped: this.dropped,
    };
  }
}

/** What `codes` mean, in their place where that is possible. */
function indicesOf(codes: Int32Array, indices: Int32Array, nullable: boolean): Int32Array | Float32Array {
  if (!nullable) return codes.map((code, i) => (codes[i] = indices[code])) && codes;
  const made = new Float32Array(codes.buffer);
  for (let i = 0; i < made.length; i++) made[i] = codes[i] < 0 ? Number.NaN : indices[codes[i]];
  return made;
}

function requireAddressable({ name, size, data }: Member, shard: string): void {
  if (size <= largestMember && data / blockBytes < 2 ** 32) return;
  const what =
    size > largestMember
      ? `field of at most 2 GiB, but ${named(name)} has ${size} bytes`
      : `shard of at most 2 TiB, but ${named(name)} lies at byte ${data}`;
  throw new MillraceError("FILE_FORMAT", `a sample must be read from a ${what}`, { where: [shard] });
}

/** A sample that lacks what nobody said it may lack. */
export function incomplete(
  place: string,
  { column, places }: TarField,
  { parts }: Plan,
  { members }: SampleGroup,
): MillraceError {
  const there = members.map(({ extension }) => extension);
  const wanted = places.map(({ part }) => parts[part]);
  const [missing = []] = wanted.filter((words) => !words.some((word) => there.includes(word)));
  const guess = missing.length === 1 ? didYouMean(missing[0], there) : "";
  const rule = `a sample must have a file ${missing.join(" or ")} for "${column.field}"`;
  return new MillraceError("FILE_FORMAT", `${rule}, but this one has ${there.join(", ")}${guess}`, {
    where: [place],
    hint: 'Correct `from` in `columns`, or set `missing` there: "drop" leaves out such samples.',
    path: ["columns", column.field],
  });
}
