/** PyTorch's tests of DistributedSampler. */
import { DistributedSampler, type NdArray } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { classes, list, loaders, range, tolist } from "./loaders.js";

describe.each(classes)("$name", ({ persistent }) => {
  const make = loaders(persistent);

  it.each([3, -1])("test_distributed_sampler_invalid_rank: refuses rank %i of 3", (rank) => {
    expect(() => new DistributedSampler(range(10), { numReplicas: 3, rank })).toThrow(
      `rank must be from 0 to 2, was ${rank}`,
    );
  });

  it("test_duplicating_data_with_drop_last: processes that drop their last batch share no sample", async () => {
    const dataset = range(9);
    const scanned: number[] = [];
    for (const rank of range(4)) {
      const sampler = new DistributedSampler(dataset, { numReplicas: 4, rank });
      const loader = make<number, NdArray>(dataset, {
        batchSize: 2,
        dropLast: true,
        sampler,
        numWorkers: rank % 2,
      });
      scanned.push(...(await list(loader)).flatMap(tolist));
    }
    expect(scanned).toHaveLength(8);
    expect(new Set(scanned).size).toBe(8);
  });
});
