/** Collate functions as a loader calls them. */
import {
  type BatchContext,
  type DatasetFacts,
  heapAllocator,
  isNdArray,
  type NdArray,
  type Plugin,
} from "@millrace/core";
import { randomAt } from "@millrace/core/dataloader";

export type Arrays = Readonly<Record<string, NdArray>>;

/** The batch that a plugin with these options makes of samples of addresses 0, 1, 2, … */
export async function collated(
  plugin: Plugin<"collate">,
  options: object,
  samples: readonly unknown[],
  { facts = {}, ...more }: Partial<BatchContext> & { readonly facts?: DatasetFacts } = {},
): Promise<Arrays> {
  const context = { baseUrl: new URL("file:///"), seed: 1, facts };
  const collate = await plugin.create(plugin.options.parse(options), context);
  const given: BatchContext = { epoch: 0, random: (entry) => randomAt(1, 0, entry, 9), ...more };
  return (await collate(samples, heapAllocator, undefined, given)) as Arrays;
}

/** An array as nested lists. */
export function listOf(array: unknown): number[][] {
  if (!isNdArray(array)) throw new TypeError("no array");
  const { shape, data } = array;
  const rowOf = (row: number): number[] =>
    Array.from(data.slice(row * shape[1], (row + 1) * shape[1]), Number);
  return Array.from({ length: shape[0] }, (_, row) => rowOf(row));
}
