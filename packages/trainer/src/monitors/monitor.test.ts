import { describe, expect, it } from "vitest";
import { Monitor } from "./monitor.js";

describe("a monitor that is restored", () => {
  it("goes on from the best of the same number only", () => {
    const loss = new Monitor({ monitor: "loss" });
    loss.observe({ loss: 0.1 });
    const same = new Monitor({ monitor: "loss" });
    expect(same.restore(loss.state())).toBe(true);
    expect(same.observe({ loss: 0.2 })).toBe(false);
    const accuracy = new Monitor({ monitor: "accuracy" });
    expect(accuracy.restore(loss.state())).toBe(false);
    expect(accuracy.observe({ accuracy: 0.05 })).toBe(true);
    const most = new Monitor({ monitor: "loss", mode: "max" });
    expect(most.restore(loss.state())).toBe(false);
  });

  it("takes the state of an earlier version for its own", () => {
    const monitor = new Monitor({ monitor: "loss" });
    expect(monitor.restore({ best: 0.1, waited: 2 })).toBe(true);
    expect([monitor.waited, monitor.observe({ loss: 0.2 })]).toEqual([2, false]);
  });
});
