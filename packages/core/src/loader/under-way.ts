/** Batches that are being made, and which of them is next where their order does not matter. */
import type { Fetched } from "../workers/main-end/requests.js";
import type { Job } from "./assignment.js";
import type { SettledTypes } from "./settled-types.js";

export interface UnderWay {
  readonly job: Job;
  readonly fetched: Promise<Fetched | undefined>;
  /** True once it is there, or has failed. */
  ready: boolean;
}

/**
 * Whichever is ready first, failed ones included; of those that are ready, the one asked for first. A batch that would
 * decide the types of all gives way to the first of the order, so that they do not depend on which was faster.
 */
export async function nextReady(items: readonly UnderWay[], types: SettledTypes): Promise<UnderWay> {
  const [first] = items;
  const settled = (item: UnderWay) => (): UnderWay => item;
  const item = await Promise.race(items.map((each) => each.fetched.then(settled(each), settled(each))));
  if (item === first || types.areSettled) return item;
  const fetched = await item.fetched.catch(() => undefined);
  return fetched !== undefined && types.decides(fetched.data) ? first : item;
}

/** A share of a batch that has fewer samples than there are processes. */
export const nothingToMake: Promise<Fetched> = Promise.resolve({ data: undefined, release: () => undefined });

export function isEmpty({ indices }: Job): boolean {
  return typeof indices === "object" && indices.length === 0;
}
