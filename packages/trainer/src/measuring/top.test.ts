import fc from "fast-check";
import { expect, it } from "vitest";
import { Top } from "./top.js";

it("holds the highest of any scores, the highest first, and of equal ones those with the smaller key", () => {
  const scores = fc.array(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.double({ noNaN: true })));
  fc.assert(
    fc.property(scores, fc.integer({ min: 0, max: 8 }), (all, limit) => {
      const top = new Top<number>(limit);
      for (const [key, score] of all.entries()) top.offer(score, key, () => key);
      const sorted = [...all.keys()].sort((a, b) => all[b] - all[a] || a - b);
      expect(top.values()).toEqual(sorted.slice(0, limit));
    }),
  );
});

it("makes nothing of what does not stay, and holds each key once", () => {
  const top = new Top<string>(2);
  const made: string[] = [];
  const offer = (score: number, key: number) =>
    top.offer(score, key, () => {
      made.push(`${key}`);
      return `${key}`;
    });
  offer(3, 1);
  offer(2, 2);
  offer(1, 3);
  offer(3, 1);
  top.offer(9, 4, () => undefined);
  expect(made).toEqual(["1", "2"]);
  expect(top.values()).toEqual(["1", "2"]);
});

it("takes a score that is not a number for the highest, for it is the one to look at", () => {
  const top = new Top<number>(1);
  top.offer(1e300, 1, () => 1);
  top.offer(Number.NaN, 2, () => 2);
  expect(top.values()).toEqual([2]);
});
