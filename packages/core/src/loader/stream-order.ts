/** How long an epoch of a stream is. */
import type { IterableDataset } from "../contracts/iterable.js";
import { MillraceError } from "../errors.js";
import type { DataLoaderOptions } from "./options.js";
import { batchCount, type Order } from "./order.js";
import { countOf } from "./shard.js";

type StreamOrderOptions = Pick<
  DataLoaderOptions,
  "batchSize" | "dropLast" | "generator" | "numWorkers" | "shard"
>;

/** A stream knows its length or does not; its workers find its order. */
export function streamOrder(
  dataset: IterableDataset,
  { batchSize = 1, dropLast = false, generator, numWorkers = 0, shard }: StreamOrderOptions,
): Order {
  const samples = (): number => {
    if (dataset.length !== undefined) return dataset.length;
    throw new MillraceError("LENGTH_UNKNOWN", "this stream does not know its length", {
      hint: "Give the dataset a `length`, or count batches as they come.",
    });
  };
  const count = numWorkers === "auto" ? 1 : Math.max(1, numWorkers);
  const ranks = shard?.size ?? 1;
  /** Each shard ends with a batch of its own that may be smaller; of several processes the longest counts. */
  const batchesOfShards = (size: number): number | undefined => {
    let most = 0;
    for (let rank = 0; rank < ranks; rank++) {
      let batches = 0;
      for (let worker = 0; worker < count; worker++) {
        const length = dataset.lengthOf?.({ id: rank * count + worker, count: ranks * count });
        if (length === undefined) return undefined;
        batches += batchCount(length, countOf(size, { rank, size: ranks }), dropLast);
      }
      most = Math.max(most, batches);
    }
    return most;
  };
  return {
    get samples() {
      return samples();
    },
    get length() {
      if (batchSize === null) return samples();
      return batchesOfShards(batchSize) ?? batchCount(samples(), batchSize, dropLast);
    },
    open: () => undefined,
    generators: generator === undefined ? [] : [generator],
    description: `stream, batches of ${batchSize ?? "no size"}${dropLast ? ", last ones dropped" : ""}`,
    described: true,
  };
}
