/** What a model trained on shards can be asked about: the samples of a tar archive, image files, lines of JSON Lines. */
import { resolve } from "node:path";
import {
  classLabels,
  arrayConstructors,
  type DatasetFacts,
  type DType,
  dropped,
  type ImageOptions,
  type ImageReader,
  type LooseFault,
  type LooseSample,
  MillraceError,
  type NdArray,
  type SourceInputs,
  valueReader,
} from "@millrace/core";
import { imageExtensions } from "../images/image-inputs.js";
import { imageReader, shareImages } from "../images/image-reader.js";
import { Archives } from "./archives.js";
import {
  type ArrayForm,
  type Plan,
  planOf,
  type TarColumns,
  type TarField,
  usualColumns,
} from "./columns.js";
import type { Member, SampleGroup } from "./groups.js";
import { partFinder } from "./plan-parts.js";
import { ArchiveReader } from "./reading.js";
import { isPicture, SampleReader } from "./samples.js";
import { type Shard, shardAt } from "./shards.js";

export interface TarInputOptions {
  readonly columns?: TarColumns | undefined;
  readonly images: ImageOptions;
}

/** The field "label" is left out: it is the answer. Others that are not there may be it too, and are left out as well. */
export function tarInputs({ columns, images: options }: TarInputOptions, facts: DatasetFacts): SourceInputs {
  const images = imageReader(options, shareImages(options));
  const plan = planOf(columns ?? {});
  const pictures =
    columns === undefined
      ? picturesIn(facts)
      : plan.fields.filter(isPicture).map(({ column }) => column.field);
  const endings = pictures.length === 1 ? imageExtensions : [];
  return {
    endings: [".tar", ...endings],
    about: { ...(pictures.length > 0 && images.about), ...(columns && { columns }) },
    read(path) {
      if (path.toLowerCase().endsWith(".tar")) return samplesOf(path, columns, images, facts);
      return one({ name: path, sample: { [pictures[0]]: images.image({ name: path }) } });
    },
    fromValues(values, folder) {
      const stated = columns === undefined ? undefined : plan.fields;
      return fromValues(values, stated, pictures, facts, (path) =>
        images.image({ name: resolve(folder, path) }),
      );
    },
  };
}

async function* one(sample: LooseSample): AsyncGenerator<LooseSample> {
  yield sample;
}

function picturesIn({ fields = {} }: DatasetFacts): string[] {
  return Object.keys(fields).filter((field) => fields[field].type === "image");
}

async function* samplesOf(
  path: string,
  columns: TarColumns | undefined,
  images: ImageReader,
  facts: DatasetFacts,
): AsyncGenerator<LooseSample | LooseFault> {
  const shard = await shardAt(path, path);
  const open = new Archives([shard]);
  const { fd, release } = open.hold(0);
  // Images are made when all samples have been told, and this file is closed.
  const archives = { read: (_: number, position: number, size: number) => readOnce(shard, position, size) };
  try {
    const archive = new ArchiveReader({ fd, name: path, size: shard.size });
    let plan: Plan | undefined;
    for (let group = await archive.next(); group !== undefined; group = await archive.next()) {
      // As when the shards were opened, the first sample says what there is.
      plan ??= planOf(columns ?? usualColumns(group.members.map(({ extension }) => extension)));
      yield await looseSample(plan, group, { archives, images, facts, path });
    }
  } finally {
    release();
    open.close();
  }
}

async function readOnce(shard: Shard, position: number, size: number): Promise<Uint8Array> {
  const archives = new Archives([shard]);
  try {
    return await archives.read(0, position, size);
  } finally {
    archives.close();
  }
}

interface Loose {
  readonly archives: Pick<Archives, "read">;
  readonly images: ImageReader;
  readonly facts: DatasetFacts;
  readonly path: string;
}

async function looseSample(
  plan: Plan,
  group: SampleGroup,
  { archives, images, facts, path }: Loose,
): Promise<LooseSample | LooseFault> {
  const key = `${path}/${group.key}`;
  const members: readonly (Member | undefined)[] = partFinder(plan)(group);
  const labels = facts.categories ?? {};
  const includes = (field: TarField): boolean => {
    const { column, places } = field;
    if (column.field === "label" || (facts.fields !== undefined && !(column.field in facts.fields)))
      return false;
    return mayMiss(field) || places.every(({ part }) => members[part] !== undefined);
  };
  try {
    const reader = new SampleReader({ archives, plan, labels, arrays: formsIn(facts), images }, includes);
    const at = (part: number) => {
      const member = members[part];
      return member && ([member.data, member.size] as const);
    };
    const sample = await reader.read({ shard: 0, key, at });
    if (sample === undefined) throw new MillraceError("INPUT_INVALID", leftOut);
    return { name: key, sample };
  } catch (error) {
    return { name: key, error: MillraceError.from(error, "INPUT_INVALID", "the sample cannot be read") };
  }
}

/** The forms of arrays in training. */
function formsIn({ fields = {} }: DatasetFacts): Record<string, ArrayForm> {
  const forms = Object.entries(fields).map(([field, { type, shape = [] }]) => [
    field,
    { dtype: type as DType, axes: shape.length },
  ]);
  return Object.fromEntries(forms) as Record<string, ArrayForm>;
}

const leftOut = "a sample must have all values: those that miss one were left out in training";

function mayMiss({ column: { missing } }: TarField): boolean {
  return missing === "null" || typeof missing === "object";
}

/** By the names of fields; without `fields`, images are paths and the rest is taken as it stands. */
function fromValues(
  values: Readonly<Record<string, unknown>>,
  fields: readonly TarField[] | undefined,
  pictures: readonly string[],
  facts: DatasetFacts,
  imageAt: (path: string) => unknown,
): Record<string, unknown> {
  const sample: Record<string, unknown> = {};
  const names = fields?.map(({ column }) => column.field) ?? Object.keys(values);
  for (const name of names) {
    if (name === "label") continue;
    const value = values[name];
    const field = fields?.find(({ column }) => column.field === name);
    if (value === undefined && !(field && mayMiss(field))) continue;
    if (pictures.includes(name)) sample[name] = imageAt(pathIn(name, value));
    else sample[name] = field === undefined ? value : valueOf(field, value, facts);
  }
  return sample;
}

function pathIn(name: string, value: unknown): string {
  if (typeof value === "string") return value;
  const was = JSON.stringify(value) ?? "missing";
  throw new MillraceError("INPUT_INVALID", `"${name}" must be the path of an image file, was ${was}`);
}

function valueOf({ column, isArray }: TarField, value: unknown, facts: DatasetFacts): unknown {
  const { categories = {}, fields = {} } = facts;
  if (isArray) return arrayOf(column.field, value, fields[column.field].type as DType);
  const names = categories[column.field];
  const read = valueReader(column, {
    fault: (rule, found) =>
      new MillraceError(
        "INPUT_INVALID",
        `"${column.field}" ${rule}, was ${JSON.stringify(found) ?? "missing"}`,
      ),
    ...(names && { classes: classLabels([], names) }),
  });
  const found = read(value);
  if (found === dropped) throw new MillraceError("INPUT_INVALID", `"${column.field}" ${leftOut}`);
  return found;
}

/** Lists of numbers, and of such lists, all of one length. */
function arrayOf(name: string, value: unknown, dtype: DType): NdArray {
  const shape: number[] = [];
  for (let inner = value; Array.isArray(inner); [inner] = inner as unknown[]) shape.push(inner.length);
  const isEven = (list: unknown, axis: number): boolean =>
    axis === shape.length
      ? typeof list === "number" && Number.isFinite(list)
      : Array.isArray(list) && list.length === shape[axis] && list.every((each) => isEven(each, axis + 1));
  if (!isEven(value, 0))
    throw new MillraceError("INPUT_INVALID", `"${name}" must be numbers, in lists of one length`);
  const flat = [value].flat(Number.POSITIVE_INFINITY) as number[];
  return { dtype, shape, data: arrayConstructors[dtype].from(flat) };
}
