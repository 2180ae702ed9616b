/** What messages and reports call a sample: its index in the source, and its key. */
import type { Dataset } from "../contracts/dataset.js";

/** Which sample of the source it is. */
export interface SampleName {
  /** Its index in the source, whatever part or order of it is read. */
  readonly index: number;
  /** What a person calls it, where the source has keys. */
  readonly key?: string;
}

/** The name of the sample at `index` of `dataset`, which may be a part of a source; arrays and streams have no other. */
export function sampleName(dataset: unknown, index: number): SampleName {
  const { origin, key } = (dataset ?? {}) as Partial<Dataset>;
  try {
    const name = key?.call(dataset, index);
    return { index: origin?.call(dataset, index) ?? index, ...(name !== undefined && { key: name }) };
  } catch {
    // The sample's own fault is the one to report; its name is a courtesy.
    return { index };
  }
}

/** "sample 17 (digits/3/0017.png)" */
export function nameOf(dataset: unknown, index: number): string {
  const { index: own, key } = sampleName(dataset, index);
  return key === undefined ? `sample ${own}` : `sample ${own} (${key})`;
}

/** The first of many indices, as the source has them. */
export function preview(indices: readonly number[], dataset?: unknown): string {
  const head = indices.slice(0, 8).map((index) => sampleName(dataset, index).index);
  return indices.length > 8 ? `${head.join(", ")}, … (${indices.length} in all)` : head.join(", ");
}
