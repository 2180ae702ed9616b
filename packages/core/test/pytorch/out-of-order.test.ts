/** PyTorch's TestOutOfOrderDataLoader. */
import { describe, expect, it } from "vitest";
import { identity, setWorker, slowIndex, slowStream, type Told } from "./fixtures/portable.js";
import { classes, list, loaders, range } from "./loaders.js";

describe.each(classes)("TestOutOfOrderDataLoader, as $name", ({ persistent }) => {
  const make = loaders(persistent);
  const options = { numWorkers: 2, prefetchFactor: 2, workerInit: setWorker, collate: identity as never };
  const told = async (dataset: Parameters<typeof make<Told, readonly [Told]>>[0], inOrder: boolean) => {
    const samples = (await list(make<Told, readonly [Told]>(dataset, { ...options, inOrder }))).flat();
    return { workers: samples.map(([worker]) => worker), data: samples.map(([, sample]) => sample) };
  };

  it("test_in_order_index_ds: workers take turns, a slow sample holds up those after it", async () => {
    expect(await told(slowIndex(10, 2, 200), true)).toEqual({
      workers: [0, 1, 0, 1, 0, 1, 0, 1, 0, 1],
      data: range(10),
    });
  });

  it("test_out_of_order_index_ds: worker 0 is stuck with 0 and 2, worker 1 does all the rest", async () => {
    expect(await told(slowIndex(10, 0, 1500), false)).toEqual({
      workers: [1, 1, 1, 1, 1, 1, 1, 1, 0, 0],
      data: [1, 3, 4, 5, 6, 7, 8, 9, 0, 2],
    });
  });

  it("test_in_order_iterable_ds: shares interleave", async () => {
    expect(await told(slowStream(10, 200), true)).toEqual({
      workers: [0, 1, 0, 1, 0, 1, 0, 1, 0, 1],
      data: [0, 5, 1, 6, 2, 7, 3, 8, 4, 9],
    });
  });

  it("test_out_of_order_iterable_ds: the slow share comes last", async () => {
    expect(await told(slowStream(10, 1500), false)).toEqual({
      workers: [0, 0, 0, 0, 0, 1, 1, 1, 1, 1],
      data: range(10),
    });
  });
});
