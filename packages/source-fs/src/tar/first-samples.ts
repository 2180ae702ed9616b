/** What the first samples say of all: which files there are, and the forms of arrays. */
import { MillraceError } from "@millrace/core";
import type { Archives } from "./archives.js";
import { readNpy } from "./arrays.js";
import type { ArrayForm, Plan, TarField } from "./columns.js";
import type { SampleGroup } from "./groups.js";
import { partFinder } from "./plan-parts.js";
import { ArchiveReader } from "./reading.js";
import { noSamples } from "./scan.js";
import type { Shard } from "./shards.js";

/** Errors: FILE_FORMAT where there is none. */
export async function firstSample(archives: Archives, shards: readonly Shard[]): Promise<SampleGroup> {
  for (const [i, shard] of shards.entries()) {
    const { fd, release } = archives.hold(i);
    const reader = new ArchiveReader({ fd, name: shard.path, size: shard.size });
    try {
      const first = await reader.next();
      if (first !== undefined) return first;
    } finally {
      release();
    }
  }
  throw noSamples(shards);
}

/** The form of each field of arrays, from the first sample that has one. Errors: FILE_FORMAT where none has. */
export async function readForms(
  archives: Archives,
  shards: readonly Shard[],
  plan: Plan,
): Promise<Record<string, ArrayForm>> {
  const wanted = plan.fields.filter(({ isArray }) => isArray);
  const finder = partFinder(plan);
  const forms: Record<string, ArrayForm> = {};
  const isKnown = ({ column }: TarField): boolean => column.field in forms;
  for (const [i, shard] of shards.entries()) {
    if (wanted.every(isKnown)) break;
    const { fd, release } = archives.hold(i);
    try {
      const reader = new ArchiveReader({ fd, name: shard.path, size: shard.size });
      for (let group = await reader.next(); group !== undefined; group = await reader.next()) {
        const members = finder(group);
        for (const { column, places } of wanted) {
          const member = members[places[0].part];
          if (member === undefined || column.field in forms) continue;
          const { dtype, shape } = readNpy(await reader.bytes(member), `${shard.name}/${member.name}`);
          forms[column.field] = { dtype, axes: shape.length };
        }
        if (wanted.every(isKnown)) break;
      }
    } finally {
      release();
    }
  }
  const none = wanted.find((field) => !isKnown(field));
  if (none === undefined) return forms;
  throw new MillraceError(
    "FILE_FORMAT",
    `a sample must have an array for "${none.column.field}", but none has`,
    {
      hint: `It is read from ${none.places.map(({ part }) => plan.parts[part].join(" or ")).join(", ")}: correct \`from\`.`,
      path: ["columns", none.column.field],
    },
  );
}
