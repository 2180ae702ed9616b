import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { createSchedule, scheduleOptions } from "./schedules.js";

const made = (options: z.input<typeof scheduleOptions>) => createSchedule(scheduleOptions.parse(options), 10);
/** The factors over `total` updates in epochs of ten. */
const factors = (options: z.input<typeof scheduleOptions>, total: number) => {
  const schedule = made(options);
  return Array.from({ length: total }, (_, update) =>
    schedule.factor({ update, total, epoch: Math.floor(update / 10) }),
  );
};

describe("a schedule", () => {
  it("goes down in steps of epochs, or a little after each", () => {
    const steps = factors({ type: "step", every: 2, factor: 0.5 }, 50);
    expect([0, 19, 20, 39, 40].map((update) => steps[update])).toEqual([1, 1, 0.5, 0.5, 0.25]);
    const exponential = factors({ type: "exponential", factor: 0.5 }, 30);
    expect([0, 9, 10, 20].map((update) => exponential[update])).toEqual([1, 1, 0.5, 0.25]);
  });

  it("follows half a cosine or a line over the whole run", () => {
    const cosine = factors({ type: "cosine", minimum: 0.2 }, 100);
    expect([0, 50].map((update) => cosine[update])).toEqual([1, expect.closeTo(0.6, 10)]);
    expect(cosine[99]).toBeCloseTo(0.2, 2);
    const linear = factors({ type: "linear" }, 100);
    expect([0, 25, 50, 75].map((update) => linear[update])).toEqual([1, 0.75, 0.5, 0.25]);
  });

  it("warms up before any of them, in updates or epochs", () => {
    const warmed = factors({ type: "linear", warmUp: { updates: 4 } }, 104);
    expect(warmed.slice(0, 5)).toEqual([0.25, 0.5, 0.75, 1, 1]);
    expect(warmed[54]).toBe(0.5);
    expect(factors({ type: "constant", warmUp: { epochs: 0.2, from: 0.5 } }, 4)).toEqual([0.75, 1, 1, 1]);
    expect(scheduleOptions.safeParse({ type: "constant", warmUp: {} }).success).toBe(false);
    expect(scheduleOptions.safeParse({ type: "constant", warmUp: { updates: 1, epochs: 1 } }).success).toBe(
      false,
    );
  });

  it("counts the epochs of a step or exponential schedule from the end of the warm-up", () => {
    const warmUp = { epochs: 3 };
    const steps = factors({ type: "step", every: 1, factor: 0.1, warmUp }, 60);
    expect([29, 30, 39, 40, 50].map((update) => steps[update])).toEqual([
      1,
      1,
      1,
      0.1,
      expect.closeTo(0.01, 12),
    ]);
    const half = factors({ type: "exponential", factor: 0.5, warmUp: { updates: 5 } }, 30);
    expect([4, 5, 9, 10, 20].map((update) => half[update])).toEqual([1, 1, 1, 1, 0.5]);
  });

  it("goes up and down in one cycle, as torch's OneCycleLR", () => {
    const rates = factors({ type: "oneCycle" }, 100);
    expect(rates[0]).toBeCloseTo(1 / 25, 10);
    expect(rates[29]).toBe(1);
    expect(rates[99]).toBeCloseTo(1 / 25e4, 10);
    expect(Math.max(...rates)).toBe(1);
    for (let i = 1; i < 100; i++) expect(rates[i] > rates[i - 1]).toBe(i <= 29);
  });

  it("falls when a metric no longer gets better, and no lower than its minimum", () => {
    const plateau = made({ type: "plateau", patience: 1, factor: 0.5, minimum: 0.2 });
    const after = (...losses: number[]) => {
      for (const loss of losses) plateau.observe?.({ loss });
      return plateau.factor({ update: 0, total: 1, epoch: 0 });
    };
    expect(after(1, 0.5, 0.6)).toBe(1);
    expect(after(0.6)).toBe(0.5);
    expect(after(0.4, 0.4)).toBe(0.5);
    expect(after(Number.NaN)).toBe(0.25);
    expect(after(0.4, 0.4, 0.4, 0.4)).toBe(0.2);
    const accuracy = made({ type: "plateau", monitor: "accuracy", patience: 0, factor: 0.5, minDelta: 0.1 });
    for (const value of [0.5, 0.55]) accuracy.observe?.({ accuracy: value });
    expect(accuracy.factor({ update: 0, total: 1, epoch: 0 })).toBe(0.5);
  });

  it("takes up what a plateau remembers", () => {
    const options = { type: "plateau", patience: 1, factor: 0.5 } as const;
    const [first, second] = [made(options), made(options)];
    for (const loss of [1, 2, 2]) first.observe?.({ loss });
    second.restore?.(JSON.parse(JSON.stringify(first.state?.())));
    for (const schedule of [first, second]) {
      for (const loss of [1.5, 1.5]) schedule.observe?.({ loss });
      expect(schedule.factor({ update: 0, total: 1, epoch: 0 })).toBe(0.25);
    }
  });
});
