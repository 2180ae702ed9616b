import { expect, it } from "vitest";
import { placed, selectionOf } from "./selection.js";
import type { WatchedRun } from "./watch.js";

const runs = (...ids: string[]) => ids.map((id) => ({ id }) as WatchedRun);
const places = (all: readonly WatchedRun[]) => Object.fromEntries(all.map(({ id, place }) => [id, place]));

it("draws the newest runs where nobody has chosen, and those that stay keep their looks", () => {
  const before = places(placed(runs("g", "f", "e", "d", "c", "b", "a"), { unit: "epoch" }));
  const after = places(placed(runs("h", "g", "f", "e", "d", "c", "b", "a"), { unit: "epoch" }));
  expect(Object.values(after).filter((place) => place !== null)).toHaveLength(6);
  for (const id of ["c", "d", "e", "f", "g"].slice(1)) expect(after[id]).toBe(before[id]);
  expect(after.h).toBe(before.b);
  expect([after.a, after.b]).toEqual([null, null]);
});

it("draws what is chosen, in its slot, and nothing where nothing is", () => {
  const chosen = selectionOf(new URLSearchParams("run=&run=b&run=gone&unit=step"));
  expect(chosen).toEqual({ slots: ["", "b", "gone"], unit: "step" });
  expect(places(placed(runs("a", "b"), chosen))).toEqual({ a: null, b: 1 });
  expect(places(placed(runs("a"), selectionOf(new URLSearchParams("run="))))).toEqual({ a: null });
  expect(selectionOf(new URLSearchParams("unit=toString"))).toEqual({ unit: "epoch" });
});
