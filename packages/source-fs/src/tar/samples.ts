/** Samples, made of where their files lie. */
import { dropped, type ImageReader } from "@millrace/core";
import type { Archives } from "./archives.js";
import { knownClasses } from "./classes.js";
import type { ArrayForm, Plan, TarField } from "./columns.js";
import { arrayReader, Contents, type FieldReader, fieldReader } from "./values.js";

/** Fields by name: those of `columns`, or what the first sample has. */
export type TarSample = Readonly<Record<string, unknown>>;

/** Where a sample lies. */
export interface Located {
  readonly shard: number;
  /** As errors name it, and the loader. */
  readonly key: string;
  /** Where the content of a part begins, and its size; undefined where the sample has none. */
  at(part: number): readonly [data: number, size: number] | undefined;
}

export interface SampleTools {
  readonly archives: Pick<Archives, "read">;
  readonly plan: Plan;
  /** Names of classes by field. */
  readonly labels: Readonly<Record<string, readonly string[]>>;
  /** Forms of arrays by field. */
  readonly arrays: Readonly<Record<string, ArrayForm>>;
  readonly images: ImageReader | undefined;
}

/** Reads fields of samples: all but those in `besides`. Images are read when their pixels are wanted. */
export class SampleReader {
  readonly #archives: Pick<Archives, "read">;
  readonly #images: ImageReader | undefined;
  readonly #plan: Plan;
  readonly #pictures: readonly TarField[];
  readonly #loose: readonly { readonly field: string; readonly read: FieldReader }[];
  readonly #parts: readonly number[];

  constructor(
    { archives, plan, labels, arrays, images }: SampleTools,
    includes: (field: TarField) => boolean,
  ) {
    this.#archives = archives;
    this.#images = images;
    this.#plan = plan;
    const fields = plan.fields.filter(includes);
    this.#pictures = fields.filter(isPicture);
    const loose = fields.filter((field) => !isPicture(field));
    this.#loose = loose.map((field) => {
      const name = field.column.field;
      if (field.isArray) return { field: name, read: arrayReader(field, arrays[name]) };
      const classes = field.column.kind === "class" ? knownClasses(plan, field, labels[name]) : undefined;
      return { field: name, read: fieldReader(field, plan, classes) };
    });
    this.#parts = [...new Set(loose.flatMap(({ places }) => places.map(({ part }) => part)))];
  }

  /** Undefined where a policy leaves out the sample. A promise only where the storage is slow. Errors: FILE_FORMAT, FILE_FAILED. */
  read(sample: Located): Record<string, unknown> | undefined | Promise<Record<string, unknown> | undefined> {
    if (this.#parts.length === 0) return this.#made(sample, []);
    const contents: (Uint8Array | undefined)[] = [];
    const waiting: Promise<unknown>[] = [];
    for (const part of this.#parts) {
      const found = sample.at(part);
      if (found === undefined) continue;
      const bytes = this.#archives.read(sample.shard, ...found);
      if (bytes instanceof Uint8Array) contents[part] = bytes;
      else waiting.push(bytes.then((read) => (contents[part] = read)));
    }
    if (waiting.length === 0) return this.#made(sample, contents);
    return Promise.all(waiting).then(() => this.#made(sample, contents));
  }

  #made(sample: Located, bytes: readonly (Uint8Array | undefined)[]): Record<string, unknown> | undefined {
    const contents = new Contents(bytes, (part) => placeOf(sample, part, this.#plan));
    const made: Record<string, unknown> = {};
    for (const { column, places } of this.#pictures) {
      const found = sample.at(places[0].part);
      if (found === undefined && column.missing === "drop") return undefined;
      const { shard, key } = sample;
      made[column.field] = found
        ? this.#images?.image({ name: key, bytes: () => this.#archives.read(shard, ...found) })
        : null;
    }
    for (const { field, read } of this.#loose) {
      const value = read(contents);
      if (value === dropped) return undefined;
      made[field] = value;
    }
    return made;
  }
}

export function isPicture({ column, isArray }: TarField): boolean {
  return column.kind === "image" && !isArray;
}

/** A file as errors name it; which of several alternatives it is, nobody has kept. */
function placeOf({ key }: Located, part: number, { parts }: Plan): string {
  return parts[part].length === 1 ? `${key}.${parts[part][0]}` : key;
}
