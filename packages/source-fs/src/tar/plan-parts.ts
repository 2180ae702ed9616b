/** Which of a sample's files are which parts of the plan. */
import type { Plan } from "./columns.js";
import type { Member, SampleGroup } from "./groups.js";

/** For each part, the first of its alternatives that the sample has. */
export type PartFinder = (group: SampleGroup) => readonly (Member | undefined)[];

export function partFinder({ parts }: Plan): PartFinder {
  const places = new Map<string, { part: number; rank: number }[]>();
  for (const [part, extensions] of parts.entries()) {
    for (const [rank, extension] of extensions.entries()) {
      const known = places.get(extension);
      if (known === undefined) places.set(extension, [{ part, rank }]);
      else known.push({ part, rank });
    }
  }
  const ranks = new Array<number>(parts.length);
  return ({ members }) => {
    const found = new Array<Member | undefined>(parts.length).fill(undefined);
    for (const member of members) {
      for (const { part, rank } of places.get(member.extension) ?? []) {
        if (found[part] !== undefined && ranks[part] < rank) continue;
        found[part] = member;
        ranks[part] = rank;
      }
    }
    return found;
  };
}
