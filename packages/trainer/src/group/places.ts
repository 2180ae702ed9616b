/** Where several processes stand in their data. */
import { MillraceError } from "@millrace/core";
import type { Place } from "../feeding/place.js";
import type { Together } from "./together.js";

/**
 * The place as it is kept. An order of indices is one for all, and any number of processes can go on in it; of a stream each
 * reads shards of its own, and says where they stand.
 */
export async function placeOfAll(together: Together, place: Place): Promise<Place> {
  if (together.isAlone || !(await together.any(isOfStream(place.source)))) return place;
  return { ...place, ranks: await together.gather(place.source) };
}

/** This process's part. @throws MillraceError STATE_MISMATCH for a stream that another number of processes read. */
export function placeOfRank({ group }: Together, { ranks, ...place }: Place): Place {
  if (ranks?.length === group.size) return { ...place, source: ranks[group.rank] };
  const before = ranks?.length ?? 1;
  if (before === group.size || !isOfStream(place.source)) return place;
  throw new MillraceError(
    "STATE_MISMATCH",
    `a stream must be gone on with by as many processes as have read it, ${before}, were ${group.size}`,
    { hint: "Start as many. Data that is read by index can be gone on with by any number." },
  );
}

/** Whether a source that says this of itself reads a stream. */
export function isOfStream(source: unknown): boolean {
  return Array.isArray((source as { readonly shards?: unknown } | null)?.shards);
}
