/** What the one opening of shards learns, for all threads. */
import { setImmediate } from "node:timers/promises";
import { type DatasetFacts, type ImageOptions, type Logger, MillraceError } from "@millrace/core";
import { type ImageSharing, shareImages } from "../images/image-reader.js";
import { Archives } from "./archives.js";
import { type ArrayForm, type Plan, planOf, type TarColumns, usualColumns } from "./columns.js";
import { named } from "./faults.js";
import type { SampleGroup } from "./groups.js";
import { IndexBuilder, type TarIndex } from "./index-builder.js";
import { partFinder } from "./plan-parts.js";
import { ArchiveReader } from "./reading.js";
import { findShards, type Shard } from "./shards.js";

/** What threads are given. Plain data, arrays in shared memory. */
export interface TarShared {
  readonly shards: readonly Shard[];
  /** Those that are stated, or what the first sample says. */
  readonly columns: TarColumns;
  readonly arrays: Readonly<Record<string, ArrayForm>>;
  /** Names of classes by field. */
  readonly labels: Readonly<Record<string, readonly string[]>>;
  readonly images?: ImageSharing;
  /** Where all headers have been read. */
  readonly index?: Omit<TarIndex, "labels">;
  /** Samples before each shard, and of all, where they have been counted. */
  readonly firsts?: readonly number[];
}

export interface TarOpeningOptions {
  readonly shards: string | readonly string[];
  readonly columns?: TarColumns | undefined;
  readonly images: ImageOptions;
  readonly access: "random" | "stream";
}

/** Milliseconds of reading after which other work gets its turn. */
const turn = 20;

/** `known` are the facts to be followed. Errors: FILE_NOT_FOUND, FILE_FORMAT, OPTION_INVALID, LABEL_UNKNOWN. */
export async function readTarOpening(
  options: TarOpeningOptions,
  baseUrl: URL,
  known: DatasetFacts | undefined,
  logger: Logger,
): Promise<TarShared> {
  const shards = await findShards(options.shards, baseUrl);
  const archives = new Archives(shards);
  try {
    const columns =
      options.columns ??
      usualColumns((await firstSample(archives, shards)).members.map((each) => each.extension));
    const plan = planOf(columns);
    const isImage = plan.fields.some(({ column, isArray }) => column.kind === "image" && !isArray);
    const images = isImage ? { images: shareImages(options.images, endingsOf(plan), logger) } : {};
    const common = { shards, columns, arrays: {}, ...images };
    const knownOf = (field: string): readonly string[] | undefined =>
      field === "label" ? known?.labels : known?.categories?.[field];
    const stated = options.access === "stream" ? statedLabels(plan, knownOf) : undefined;
    if (stated !== undefined) return { ...common, labels: stated };
    const { labels, firsts, ...index } = await scan(
      archives,
      shards,
      plan,
      knownOf,
      options.columns === undefined,
      logger,
    );
    // A stream keeps nothing of its samples.
    return { ...common, labels, firsts, ...(options.access === "random" && { index }) };
  } finally {
    archives.close();
  }
}

/** The file names that the images of a plan may have. */
function endingsOf({ parts, fields }: Plan): string[] {
  return fields
    .filter(({ column }) => column.kind === "image")
    .flatMap(({ places }) => places.flatMap(({ part }) => parts[part].map((extension) => `.${extension}`)));
}

/** The classes of all fields that hold them, where nothing has to be read for it. */
function statedLabels(
  { fields }: Plan,
  knownOf: (field: string) => readonly string[] | undefined,
): Record<string, readonly string[]> | undefined {
  const labels: Record<string, readonly string[]> = {};
  for (const { column } of fields) {
    if (column.kind !== "class") continue;
    const names = knownOf(column.field) ?? column.labels;
    if (names === undefined) return undefined;
    labels[column.field] = names;
  }
  return labels;
}

async function firstSample(archives: Archives, shards: readonly Shard[]): Promise<SampleGroup> {
  for (const [i, shard] of shards.entries()) {
    const { fd, release } = archives.hold(i);
    const reader = new ArchiveReader({ fd, name: shard.path, size: shard.size });
    const first = await Promise.resolve(reader.next()).finally(release);
    if (first !== undefined) return first;
  }
  throw noSamples(shards);
}

async function scan(
  archives: Archives,
  shards: readonly Shard[],
  plan: Plan,
  knownOf: (field: string) => readonly string[] | undefined,
  tellOthers: boolean,
  logger: Logger,
): Promise<TarIndex & { firsts: readonly number[] }> {
  const builder = new IndexBuilder(plan);
  const finder = partFinder(plan);
  const extensions = new Set(plan.parts.flat());
  const others = new Map<string, number>();
  const firsts = [0];
  let since = performance.now();
  const scanShard = async (shard: Shard, fd: number): Promise<void> => {
    const reader = new ArchiveReader({ fd, name: shard.path, size: shard.size });
    for (;;) {
      const next = reader.next();
      const group = next instanceof Promise ? await next : next;
      if (group === undefined) break;
      const members = finder(group);
      const contents: (Uint8Array | undefined)[] = [];
      for (const part of builder.read) {
        const member = members[part];
        const bytes = member && reader.bytes(member);
        contents[part] = bytes instanceof Promise ? await bytes : bytes;
      }
      builder.add(shard.name, group, members, contents);
      if (tellOthers) {
        for (const { extension } of group.members)
          if (!extensions.has(extension)) others.set(extension, (others.get(extension) ?? 0) + 1);
      }
      if (performance.now() - since < turn) continue;
      await setImmediate();
      since = performance.now();
    }
    tellOddities(reader, shard, logger);
  };
  for (const [i, shard] of shards.entries()) {
    const { fd, release } = archives.hold(i);
    await scanShard(shard, fd).finally(release);
    firsts.push(builder.length);
  }
  tellLeftOut(builder, others, logger);
  if (builder.length === 0) throw noSamples(shards, builder.dropped);
  return { ...builder.finish(knownOf), firsts };
}

export function tellOddities(
  { passedOver: { passedOver, example }, unmarked }: ArchiveReader,
  { name }: Shard,
  logger: Logger,
): void {
  if (unmarked)
    logger.warn({ shard: name }, `${name} has no mark of its end: was it cut off between two entries?`);
  if (passedOver === 0) return;
  const which =
    passedOver === 1
      ? `file ${named(example ?? "")} is`
      : `${passedOver} files such as ${named(example ?? "")} are`;
  logger.info({ shard: name }, `${name}: ${which} of no sample, for want of a name with an extension`);
}

function tellLeftOut(
  { length, dropped }: IndexBuilder,
  others: ReadonlyMap<string, number>,
  logger: Logger,
): void {
  if (dropped > 0) {
    const total = length + dropped;
    logger.info({ dropped }, `${dropped} of ${total} samples are left out, for a value that they miss`);
  }
  if (others.size === 0) return;
  const list = [...others].map(([extension, count]) => `${extension} (${count})`).join(", ");
  logger.warn(
    {},
    `files that the first sample does not have are left out: ${list}; state \`columns\` to have them`,
  );
}

function noSamples(shards: readonly Shard[], dropped = 0): MillraceError {
  const where = shards.length === 1 ? shards[0].path : `${shards[0].path} and ${shards.length - 1} more`;
  const why = dropped > 0 ? `each of the ${dropped} in them is left out` : "there are none";
  return new MillraceError("FILE_FORMAT", `shards must hold samples, but ${why}`, {
    where: [where],
    hint:
      dropped > 0
        ? 'They miss a value of a column whose `missing` is "drop": choose "null", or a value to fill in.'
        : "A sample is one or several files of one name up to its first dot, such as 0001.jpg and 0001.cls.",
    path: ["shards"],
  });
}
