import pc from "picocolors";
import { describe, expect, it } from "vitest";
import { widthOf } from "../view/width.js";
import { sweepPage } from "./page.js";
import { metricNames, ranked, shortNames } from "./ranking.js";
import type { Sweep, Trial, TrialState } from "./sweep-file.js";
import { standingText, tableLines } from "./text.js";

const trial = (id: string, state: TrialState, rate: number, more: Partial<Trial> = {}): Trial => ({
  id,
  state,
  values: { "trainer.with.optimizer.learningRate": rate, "model.with.name": `<${id}>`, seed: 1 },
  runs: state === "waiting" ? [] : [`trials/${id}`],
  ...more,
});
const sweep: Sweep = {
  version: 1,
  status: "running",
  name: "数字 & letters",
  specs: ["/a/spec.json"],
  specDigest: "0",
  set: ["trainer.with.optimizer.learningRate=log(1e-4,1)"],
  random: { count: 6, seed: 3 },
  by: "accuracy",
  stopping: { rule: "halving", factor: 3 },
  tensorboard: true,
  millrace: "0.1.0",
  startedAt: "2026-01-01T12:00:00.000Z",
  trials: [
    trial("001", "finished", 0.1, { metrics: { loss: 0.5, accuracy: 0.8 }, epochs: 5, seconds: 12 }),
    trial("002", "failed", 10, { reason: "the loss must be a number, was NaN" }),
    trial("003", "finished", 0.01, { metrics: { loss: 0.6, accuracy: 0.9 }, epochs: 5, seconds: 13 }),
    trial("004", "hopeless", 0.0001, {
      metrics: { loss: 1.1, accuracy: 0.95 },
      reason: "after 1 epoch at 0.3, not among the best 1 of 3",
    }),
    trial("005", "running", 0.02),
    trial("006", "waiting", 0.03),
  ],
};

describe("the trials of a sweep", () => {
  it("are ranked by the metric: those that were given up behind all that have ended, failed ones last", () => {
    expect(ranked(sweep).map(({ trial: { id }, rank }) => [id, rank])).toEqual([
      ["003", 1],
      ["001", 2],
      ["004", 3],
      ["005", undefined],
      ["006", undefined],
      ["002", undefined],
    ]);
    expect(ranked({ ...sweep, by: "loss" })[0].trial.id).toBe("001");
    expect(metricNames(sweep)).toEqual(["accuracy", "loss"]);
  });

  it("are called by as much of a path as tells it from the others", () => {
    expect(shortNames(["a.with.units", "b.with.units", "seed"])).toEqual([
      "a.with.units",
      "b.with.units",
      "seed",
    ]);
    expect(shortNames(["trainer.with.optimizer.learningRate", "a.one.x", "a.two.x"])).toEqual([
      "learningRate",
      "one.x",
      "two.x",
    ]);
  });

  it("stand in a table that leaves out what matters least, and is never wider than the window", () => {
    const lines = tableLines(sweep, 140, pc.createColors(false));
    expect(lines[0]).toMatch(/trial +learningRate +name +accuracy +loss +epochs +time/);
    expect(lines[1]).toMatch(/^ {2}1 +003 +0\.01 +<003> +0\.9000 +0\.6000 +5 +13 s$/);
    expect(lines.at(-1)).toMatch(/^ {2}– +002 .*failed: the loss must be a number, was NaN$/);
    for (const columns of [100, 60, 40, 20, 5]) {
      const narrow = tableLines(sweep, columns, pc.createColors(false));
      expect(narrow).toHaveLength(7);
      for (const line of narrow) expect(widthOf(line)).toBeLessThanOrEqual(columns);
    }
    expect(tableLines(sweep, 40, pc.createColors(false))[0]).toMatch(/trial .*accuracy/);
  });

  it("are told of while they run", () => {
    const standing = { values: [0.4], step: { epoch: 1, step: 3, loss: 0.7 } };
    const running = new Map([[sweep.trials[4], standing]]);
    expect(standingText(sweep, running)).toBe(
      "4 of 6 trials done · best accuracy 0.9000 (003) · 005 epoch 2 accuracy 0.4000",
    );
  });
});

describe("the page of a sweep", () => {
  const page = sweepPage(sweep);

  it("links each report, and shows text as text", () => {
    expect(page).toContain('<a href="trials/003/report.html">003</a>');
    expect(page).not.toContain('href="trials/006');
    expect(page).toContain("数字 &amp; letters");
    expect(page).toContain("&lt;003&gt;");
    expect(page).not.toContain("<003>");
    expect(page).toContain("2 finished, 1 given up, 1 failed, 1 running, 1 waiting");
    expect(page).toMatch(/6 drawn at random, by the seed 3/);
  });

  it("draws a line for each trial that came to something, and loads itself again while the sweep runs", () => {
    expect(page.match(/<path class="/g)).toHaveLength(3);
    expect(page).toContain('http-equiv="refresh"');
    expect(sweepPage({ ...sweep, status: "finished" })).not.toContain('http-equiv="refresh"');
    expect(sweepPage({ ...sweep, trials: [] })).toContain("Drawn once two trials have ended");
  });
});
