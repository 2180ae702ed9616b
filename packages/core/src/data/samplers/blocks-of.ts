/** Which samples of a dataset are neighbours in the source that they come from. */
import type { Dataset } from "../../contracts/dataset.js";

/** What tells where a dataset's samples lie. */
export type Placed = Pick<Dataset, "length" | "origin">;

/** Blocks in the order of the source, none of them empty. */
export interface Blocks {
  readonly count: number;
  /** Samples in the block. */
  sizeOf(block: number): number;
  /** Adds their indices, in ascending order. */
  addTo(indices: number[], block: number): void;
}

/**
 * Blocks of `blockSize` neighbours in the source: in a part of a split, those that were neighbours before. Costs 8 bytes per
 * sample where the dataset is a part of one or another order, nothing otherwise.
 */
export function blocksOf(dataset: Placed, blockSize: number): Blocks {
  const { length } = dataset;
  if (dataset.origin === undefined) return evenBlocks(length, blockSize);
  const blockOf = new Float64Array(length);
  let isWhole = true;
  for (let index = 0; index < length; index++) {
    const origin = dataset.origin(index);
    isWhole &&= origin === index;
    blockOf[index] = Math.floor(origin / blockSize);
  }
  return isWhole ? evenBlocks(length, blockSize) : sourceBlocks(blockOf);
}

function evenBlocks(length: number, blockSize: number): Blocks {
  const end = (block: number) => Math.min(length, (block + 1) * blockSize);
  return {
    count: Math.ceil(length / blockSize),
    sizeOf: (block) => end(block) - block * blockSize,
    addTo(indices, block) {
      for (let index = block * blockSize; index < end(block); index++) indices.push(index);
    },
  };
}

/** `blockOf` has the source's block of each sample. */
function sourceBlocks(blockOf: Float64Array): Blocks {
  const counts = new Map<number, number>();
  for (const block of blockOf) counts.set(block, (counts.get(block) ?? 0) + 1);
  const found = [...counts.keys()].sort((a, b) => a - b);
  const starts = [0];
  // From here on, where the next sample of a block goes.
  const places = counts;
  for (const [i, block] of found.entries()) {
    starts.push(starts[i] + (counts.get(block) ?? 0));
    places.set(block, starts[i]);
  }
  const order = new Uint32Array(blockOf.length);
  for (const [index, block] of blockOf.entries()) {
    const place = places.get(block) ?? 0;
    order[place] = index;
    places.set(block, place + 1);
  }
  return {
    count: found.length,
    sizeOf: (block) => starts[block + 1] - starts[block],
    addTo(indices, block) {
      for (let i = starts[block]; i < starts[block + 1]; i++) indices.push(order[i]);
    },
  };
}
