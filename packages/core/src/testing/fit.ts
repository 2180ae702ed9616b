/** The laws of a fit: what is learned depends on the samples and their order alone, not on who saw which of them. */
import type { NdArray } from "../contracts/ndarray.js";
import type { Columns, Fitter } from "../contracts/transform.js";
import { defaultCollate, heapAllocator } from "../data/collate.js";
import { digestState, joinState, splitState } from "../data/fit/state.js";
import type { TransformSuite } from "./transform.js";
import { expect } from "./expect.js";
import { it } from "./harness.js";

interface FitSuite {
  readonly suite: TransformSuite;
  /** A fitter that has seen nothing; undefined where the options leave nothing to be learned. */
  readonly begin: () => Promise<Fitter | undefined>;
  readonly samples: () => readonly unknown[];
}

export function testFit({ suite, begin, samples }: FitSuite): void {
  /** A fitter that has seen these; what crosses threads is cloned. */
  const seen = async (some: readonly unknown[]): Promise<Fitter | undefined> => {
    const fitter = await begin();
    for (const sample of some) fitter?.add(sample);
    const other = await begin();
    other?.merge(structuredClone(fitter?.partial()));
    return other;
  };

  it("learns the same from samples, from columns, and by way of another fitter", async () => {
    const fitter = await begin();
    for (const sample of samples()) fitter?.add(sample);
    const state = fitter?.state();
    if (state === undefined) return;
    expect(digest(await seen(samples()))).toBe(digestState(state));
    const byColumns = await begin();
    if (byColumns?.addColumns === undefined) return;
    byColumns.addColumns(defaultCollate(samples(), heapAllocator, suite.fields) as Columns, samples().length);
    expect(digest(byColumns)).toBe(digestState(state));
  });

  it("learns nothing from a fitter that has seen nothing", async () => {
    const [nothing, all] = [await begin(), await seen(samples())];
    if (nothing === undefined || all === undefined) return;
    const expected = digest(await seen(samples()));
    all.merge(nothing.partial());
    expect(digest(all)).toBe(expected);
    nothing.merge(all.partial());
    expect(digest(nothing)).toBe(expected);
  });

  it("learns the same however neighbours are merged, but for the rounding of sums", async () => {
    const given = [...samples(), ...samples(), ...samples()];
    const third = given.length / 3;
    const parts = async () =>
      Promise.all([0, 1, 2].map((i) => seen(given.slice(i * third, (i + 1) * third))));
    const [a, b, c] = await parts();
    const [x, y, z] = await parts();
    if (a === undefined || b === undefined || c === undefined) return;
    a.merge(b.partial());
    a.merge(c.partial());
    y?.merge(z?.partial());
    x?.merge(y?.partial());
    expect(differing(a.state(), x?.state())).toEqual([]);
  });

  it("has a state that files hold to the bit", async () => {
    const state = (await seen(samples()))?.state();
    if (state === undefined) return;
    const { json, arrays } = splitState(state);
    const copies = Object.entries(arrays).map(([name, array]): [string, NdArray] => [
      name,
      { ...array, data: array.data.slice() },
    ]);
    const again = joinState({
      json: JSON.parse(JSON.stringify(json)) as unknown,
      arrays: Object.fromEntries(copies),
    });
    expect(again).toEqual(state);
  });
}

function digest(fitter: Fitter | undefined): string | undefined {
  return fitter && digestState(fitter.state());
}

/** Where two states differ by more than a few units in the last place of their sums. */
function differing(expected: unknown, received: unknown, path = "state"): string[] {
  if (typeof expected === "number") {
    const near = Math.abs(Number(received) - expected) <= 1e-9 * Math.max(1, Math.abs(expected));
    return near || Object.is(received, expected) ? [] : [path];
  }
  if (typeof expected !== "object" || expected === null) return received === expected ? [] : [path];
  const [own, other] = [Object.entries(expected), (received ?? {}) as Record<string, unknown>];
  if (own.length !== Object.keys(other).length) return [path];
  return own.flatMap(([key, value]) => differing(value, other[key], `${path}.${key}`));
}
