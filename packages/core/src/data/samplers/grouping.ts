/** Indices by group: by class, by source. */
import type { Generator } from "../generator.js";
import { shuffle } from "./shuffle.js";
import { checkSequence, invalid, shown } from "./validation.js";

/** Every index once, group after group; group g lies at `starts[g]` … `starts[g + 1]` − 1. 4 bytes per index. */
export interface Groups {
  readonly members: Int32Array<ArrayBuffer>;
  readonly starts: readonly number[];
}

/** Groups the indices of `values` by value, in order of first appearance; OPTION_INVALID for a value that is neither. */
export function groupIndices(name: string, values: ArrayLike<number | string>): Groups {
  checkSequence(name, values);
  const places = new Map<number | string, number>();
  const sizes: number[] = [];
  const groupOf = Int32Array.from({ length: values.length }, (_, index) => {
    const value = values[index];
    if (typeof value !== "string" && !(typeof value === "number" && !Number.isNaN(value))) {
      invalid(`${name} must be numbers or strings, one per sample, was ${shown(value)} at ${index}`);
    }
    const group = places.get(value) ?? places.size;
    places.set(value, group);
    sizes[group] = (sizes[group] ?? 0) + 1;
    return group;
  });
  const starts = [0];
  for (const size of sizes) starts.push(starts[starts.length - 1] + size);
  const next = starts.slice();
  const members = new Int32Array(groupOf.length);
  groupOf.forEach((group, index) => {
    members[next[group]++] = index;
  });
  return { members, starts };
}

/** A copy of the members in which every group is in random order. */
export function shuffledMembers({ members, starts }: Groups, generator: Generator): Int32Array<ArrayBuffer> {
  const order = members.slice();
  for (let group = 0; group + 1 < starts.length; group++) {
    shuffle(order.subarray(starts[group], starts[group + 1]), generator);
  }
  return order;
}
