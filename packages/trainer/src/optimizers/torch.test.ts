/** Optimizers, clipping and schedules beside torch's own, as test/fixtures/torch-optimizers.py has recorded them. */
import { readFileSync } from "node:fs";
import type { Variable } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { chooseDevice } from "../devices/choose.js";
import { loadEngine } from "../engine.js";
import { createSchedule, scheduleOptions } from "../schedules/schedules.js";
import { createUpdater } from "./create-updater.js";
import { DeviceUpdater } from "./device-updater.js";
import { optimizerOptions, ruleOf } from "./optimizers.js";
import type { Clip } from "./updater.js";

interface Recorded {
  readonly optimizers: readonly {
    readonly options: object;
    readonly clip: Clip;
    readonly weights: number[][];
  }[];
  readonly schedules: readonly {
    readonly options: object;
    readonly rates: number[];
    readonly total?: number;
  }[];
  readonly plateaus: readonly {
    readonly options: object;
    readonly losses: number[];
    readonly rates: number[];
  }[];
}

const file = new URL("../../test/fixtures/torch-optimizers.json", import.meta.url);
const recorded = JSON.parse(readFileSync(file, "utf8")) as Recorded;

function furthest(own: readonly number[], theirs: readonly number[]): number {
  expect(own).toHaveLength(theirs.length);
  return Math.max(...own.map((value, i) => Math.abs(value - theirs[i])));
}

describe.each([false, true])("optimizers (on a device: %s)", (device) => {
  it.each(
    recorded.optimizers.map(
      (each) => [JSON.stringify(each.options), JSON.stringify(each.clip), each] as const,
    ),
  )("come to torch's weights in 50 updates: %s, clipped by %s", async (_, __, { options, clip, weights }) => {
    const engine = await loadEngine();
    await chooseDevice(engine, "wasm");
    const variables: Variable[] = [
      engine.variable(engine.tensor1d([1, -2, 3])),
      engine.variable(engine.scalar(0.5)),
    ];
    const rule = ruleOf(optimizerOptions.parse(options));
    const parts = { engine, variables, rule, clip, averaged: false, accumulates: false };
    const updater = device ? new DeviceUpdater(parts) : createUpdater(parts);
    const seen: number[][] = [];
    for (let update = 1; update <= 50; update++) {
      engine.tidy(() => {
        const gradients = [
          engine.tensor1d([Math.sin(update), 0.3, -2 / update]),
          engine.scalar(Math.cos(update) * 3),
        ];
        updater.updateWith(gradients, { learningRate: 0.1, update });
      });
      if ([1, 2, 10, 50].includes(update))
        seen.push(variables.flatMap((variable) => [...variable.dataSync()]));
    }
    updater.close();
    engine.dispose(variables);
    expect(furthest(seen.flat(), weights.flat())).toBeLessThan(2e-5);
  });
});

describe("schedules", () => {
  it.each(recorded.schedules.map((each) => [JSON.stringify(each.options), each] as const))(
    "give torch's rates: %s",
    (_, { options, rates, total = rates.length }) => {
      const schedule = createSchedule(scheduleOptions.parse(options), 1);
      const own = rates.map((__, update) => schedule.factor({ update, total, epoch: update }));
      expect(furthest(own, rates)).toBeLessThan(1e-9);
    },
  );

  it.each(recorded.plateaus.map((each) => [JSON.stringify(each.options), each] as const))(
    "fall where torch's do, also when they are taken up after any epoch: %s",
    (_, { options, losses, rates }) => {
      for (let stop = 0; stop < losses.length; stop++) {
        let schedule = createSchedule(scheduleOptions.parse(options), 1);
        const own = losses.map((loss, epoch) => {
          if (epoch === stop) {
            const state: unknown = JSON.parse(JSON.stringify(schedule.state?.()));
            schedule = createSchedule(scheduleOptions.parse(options), 1);
            schedule.restore?.(state);
          }
          schedule.observe?.({ loss });
          return schedule.factor({ update: 0, total: 1, epoch });
        });
        expect(furthest(own, rates)).toBeLessThan(1e-9);
      }
    },
  );
});
