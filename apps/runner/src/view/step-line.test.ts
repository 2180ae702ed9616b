import fc from "fast-check";
import pc from "picocolors";
import { describe, expect, it } from "vitest";
import { courseOf, sparkline } from "./course.js";
import { type Standing, stepLine, stepText } from "./step-line.js";
import { widthOf } from "./width.js";

const plain = pc.createColors(false);
const event = {
  type: "step",
  epoch: 1,
  step: 30,
  steps: 63,
  loss: 0.4321,
  samplesPerSecond: 1234.5,
  dataWait: 0.034,
} as const;
const falling = Array.from({ length: 64 }, (_, i) => 64 - i);

function standing(parts: { epochs?: number; left?: number; losses?: readonly number[] } = {}): Standing {
  const { epochs = 5, left = 12, losses = falling } = parts;
  const each = (points: number) => losses.filter((_, i) => i % (losses.length / points) === 0);
  return { epochs, remaining: () => left, losses: each };
}

describe("the moving line", () => {
  it("tells epoch, step, loss and its course, rate, remaining time and data wait, with a bar", () => {
    expect(stepLine(event, standing(), 140, plain)).toBe(
      "epoch 2/5  ━━━━━━━━━━━━━━──────────────  step 31/63  loss 0.4321  ██▇▇▆▆▅▅▄▄▃▃▂▂▁▁  1,235 samples/s  12 s left  data wait 3%",
    );
  });

  it.each([
    [
      100,
      "epoch 2/5  ━━━━━━──────  step 31/63  loss 0.4321  █▇▆▅▄▃▂▁  1,235 samples/s  12 s left  data wait 3%",
    ],
    [80, "epoch 2/5  ━━━━━━━━────────  step 31/63  loss 0.4321  1,235 samples/s  12 s left"],
    [60, "epoch 2/5  ━━━━━━───────  step 31/63  loss 0.4321  12 s left"],
    [40, "epoch 2/5  step 31/63  loss 0.4321"],
    [30, "epoch 2/5  step 31/63"],
    [20, "epoch 2/5  step 31/…"],
  ])("leaves out what matters least where a window has %i columns", (columns, line) => {
    expect(stepLine(event, standing(), columns, plain)).toBe(line);
  });

  it("has no bar where nobody knows how many steps there are", () => {
    const { steps: _, ...unknown } = event;
    const course = courseOf({ epochs: 5 });
    expect(stepLine(unknown, course, 100, plain)).toBe(
      "epoch 2/5  step 31  loss 0.4321  1,235 samples/s  data wait 3%",
    );
    expect(stepText(unknown, course)).toBe("epoch 2/5  step 31  loss 0.4321  1,235 samples/s  data wait 3%");
  });

  it("never is wider than the window", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 1, max: 1e9 }),
        fc.double({ noNaN: false }),
        fc.nat(1e9),
        (columns, steps, loss, speed) => {
          const told = { ...event, step: steps - 1, steps, loss, samplesPerSecond: speed };
          const line = stepLine(told, standing({ left: steps }), columns, plain);
          expect(widthOf(line)).toBeLessThanOrEqual(columns);
        },
      ),
    );
  });
});

describe("the course of a run", () => {
  /** A run of so many epochs of ten steps, each a second long, with five seconds of validation behind each epoch. */
  function ran(ends: object, steps: number) {
    let seconds = 0;
    const course = courseOf(ends, () => seconds);
    for (let i = 0; i < steps; i++) {
      seconds += i > 0 && i % 10 === 0 ? 6 : 1;
      course.add({ ...event, epoch: Math.floor(i / 10), step: i % 10, steps: 10, loss: 100 - i });
    }
    return course;
  }

  it("tells what is left of the run, with the ends of epochs once it is known how long one takes", () => {
    expect(ran({ epochs: 3 }, 2).remaining()).toBeUndefined();
    expect(ran({ epochs: 3 }, 5).remaining()).toBe(25);
    expect(ran({ epochs: 3 }, 15).remaining()).toBe(25);
    expect(ran({ epochs: 3 }, 30).remaining()).toBe(5);
  });

  it("knows the other ends of a run", () => {
    expect(ran({ epochs: 3, maxSteps: 8 }, 5).remaining()).toBe(3);
    // Four updates are an epoch: three of three batches, and one of what is left over.
    expect(ran({ epochs: 3, maxSteps: 5, accumulate: 3 }, 5).remaining()).toBe(8);
    expect(ran({ epochs: 3, maxTime: 7 }, 5).remaining()).toBe(2);
    expect(ran({}, 5).remaining()).toBeUndefined();
  });

  it("keeps its loss as a few means, however long it was", () => {
    const losses = ran({ epochs: 300 }, 3000).losses(8);
    expect(losses.length).toBeLessThanOrEqual(8);
    expect(losses.toSorted((a, b) => b - a)).toEqual(losses);
    expect(losses[0]).toBeGreaterThan(-200);
  });

  it("draws values between the lowest and the highest", () => {
    expect(sparkline([3, 2, 1, 0])).toBe("█▆▃▁");
    expect(sparkline([1, 1])).toBe("▁▁");
  });
});
