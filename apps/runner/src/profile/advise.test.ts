import { describe, expect, it } from "vitest";
import { adviceOf, type Trial, verdictOn } from "./advise.js";

describe("what pairs of runs say of a change", () => {
  it.each([
    [[1.5, 1.52, 1.49], "gain"],
    [[1.05, 1.06, 1.05], "gain"],
    [[1.5, 1.02], "none"],
    [[0.9], "none"],
    [[1.5, 1.5], "unclear"],
    [[1.04, 3, 1.1], "unclear"],
    [[1.04, 9, 1.04, 1.04, 1.04], "none"],
    [[1.4, 2, 1.5, 1.9, 1.6], "gain"],
    [[Number.NaN], "none"],
    [[], "unclear"],
  ] as const)("%j: %s", (ratios, verdict) => expect(verdictOn(ratios)).toBe(verdict));
});

it("advises the last of several values of one option, with the gain from the first on", () => {
  const trial = (what: string, value: number, before: number, after: number, helps = true): Trial => ({
    what,
    edits: [{ path: ["loader", "numWorkers"], value }],
    before,
    after,
    ratios: [after / before],
    helps,
  });
  const trials = [trial("1", 1, 100, 150), trial("2", 2, 150, 300), trial("4", 4, 300, 290, false)];
  expect(adviceOf(trials)).toEqual([{ ...trials[1], before: 100, ratios: [3] }]);
});
