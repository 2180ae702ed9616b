/** PyTorch's TestOutOfOrderDataLoader. */
import type { DataLoader } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { identity, setWorker, slowIndex, slowStream, type Told } from "./fixtures/portable.js";
import { classes, loaders, range, sharedCell } from "./loaders.js";

describe.each(classes)("TestOutOfOrderDataLoader, as $name", ({ persistent }) => {
  const make = loaders(persistent);
  const options = { numWorkers: 2, prefetchFactor: 2, workerInit: setWorker, collate: identity as never };

  /** Which worker gave which sample, as they come; `act` sees how many have come so far. */
  const told = async (loader: DataLoader<Told, readonly [Told]>, act: (count: number) => void) => {
    const samples: Told[] = [];
    for await (const { data } of loader) {
      samples.push(data[0]);
      act(samples.length);
    }
    return { workers: samples.map(([worker]) => worker), data: samples.map(([, sample]) => sample) };
  };

  it.each([
    ["test_in_order_index_ds", "index"],
    ["test_in_order_iterable_ds", "iterable"],
  ])("%s: a slow sample holds up those after it", async (_name, kind) => {
    const gate = sharedCell();
    const dataset = kind === "index" ? slowIndex(10, 2, gate) : slowStream(10, gate);
    const timer = setTimeout(() => Atomics.store(gate, 0, 1), 100);
    const seen = await told(make(dataset, { ...options, inOrder: true }), () => undefined);
    clearTimeout(timer);
    expect(seen).toEqual({
      workers: [0, 1, 0, 1, 0, 1, 0, 1, 0, 1],
      data: kind === "index" ? range(10) : [0, 5, 1, 6, 2, 7, 3, 8, 4, 9],
    });
  });

  it("test_out_of_order_index_ds: worker 0 is stuck with 0 and 2, worker 1 does all the rest", async () => {
    const gate = sharedCell();
    const loader = make<Told, readonly [Told]>(slowIndex(10, 0, gate), { ...options, inOrder: false });
    expect(await told(loader, (count) => void (count === 8 && Atomics.store(gate, 0, 1)))).toEqual({
      workers: [1, 1, 1, 1, 1, 1, 1, 1, 0, 0],
      data: [1, 3, 4, 5, 6, 7, 8, 9, 0, 2],
    });
  });

  it("test_out_of_order_iterable_ds: the slow share comes last", async () => {
    const gate = sharedCell();
    const loader = make<Told, readonly [Told]>(slowStream(10, gate), { ...options, inOrder: false });
    expect(await told(loader, (count) => void (count === 5 && Atomics.store(gate, 0, 1)))).toEqual({
      workers: [0, 0, 0, 0, 0, 1, 1, 1, 1, 1],
      data: range(10),
    });
  });
});
