import fc from "fast-check";
import pc from "picocolors";
import { describe, expect, it } from "vitest";
import { stepLine } from "./step-line.js";

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

describe("the moving line", () => {
  it("tells epoch, step, loss, speed and data wait, with a bar", () => {
    expect(stepLine(event, 5, 100, plain)).toBe(
      "epoch 2/5  ━━━━━━━━━━━━━━──────────────  step 31/63  loss 0.4321  1,235 samples/s  data wait 3%",
    );
    expect(stepLine(event, undefined, 30, plain)).toBe("epoch 2  ━━━━─────  step 31/63");
  });

  it("has no bar where nobody knows how many steps there are", () => {
    const { steps: _, ...unknown } = event;
    expect(stepLine(unknown, 5, 100, plain)).toBe(
      "epoch 2/5  step 31  loss 0.4321  1,235 samples/s  data wait 3%",
    );
  });

  it("never is wider than the window", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 1, max: 1e9 }),
        fc.double({ noNaN: false }),
        fc.nat(1e9),
        (columns, steps, loss, speed) => {
          const line = stepLine(
            { ...event, step: steps - 1, steps, loss, samplesPerSecond: speed },
            5,
            columns,
            plain,
          );
          expect(line.length).toBeLessThanOrEqual(columns);
        },
      ),
    );
  });
});
