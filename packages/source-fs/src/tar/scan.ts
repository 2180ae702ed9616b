/** The pass over the headers of all shards. */
import { setImmediate } from "node:timers/promises";
import { type Logger, MillraceError } from "@millrace/core";
import type { Archives } from "./archives.js";
import type { Plan } from "./columns.js";
import { named } from "./faults.js";
import { IndexBuilder, type TarIndex } from "./index-builder.js";
import { partFinder } from "./plan-parts.js";
import { ArchiveReader } from "./reading.js";
import type { Shard } from "./shards.js";

/** Milliseconds of reading after which other work gets its turn. */
const turn = 20;

/**
 * The index of all samples, and how many come before each shard. With `tellOthers` the log says which files beside those of
 * the plan there are. Errors: FILE_FORMAT, LABEL_UNKNOWN.
 */
export async function scan(
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

export function noSamples(shards: readonly Shard[], dropped = 0): MillraceError {
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
