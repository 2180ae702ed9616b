/** What collate functions are told, and the addresses of their random numbers. */
import type { BatchContext } from "../../contracts/collate.js";
import type { Dataset } from "../../contracts/dataset.js";
import { hashName, randomAt } from "../../data/philox.js";

/** Beyond the positions of all transforms. */
const stream = hashName("collate");

/** Which pass, and which run. */
export interface Drawing {
  readonly epoch: number;
  /** Where random numbers follow from. */
  readonly seed: number;
}

/** The context of samples at these addresses. It costs nothing until a number is drawn. */
export function batchContext({ epoch, seed }: Drawing, addressOf: (entry: number) => number): BatchContext {
  return { epoch, random: (entry) => randomAt(seed, epoch, addressOf(entry), stream) };
}

/** The context of samples of `dataset` at these indices. */
export function contextOf(
  dataset: Dataset,
  indices: readonly number[] | number,
  drawing: Drawing,
): BatchContext {
  return batchContext(drawing, (entry) => {
    const index = typeof indices === "number" ? indices : indices[entry];
    return dataset.origin?.(index) ?? index;
  });
}
