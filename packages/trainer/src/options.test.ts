import { describe, expect, it } from "vitest";
import { z } from "zod";
import plugins from "./index.js";
import { trainerOptions } from "./options.js";

describe("the trainer's options", () => {
  it("all have defaults", () => {
    expect(trainerOptions.parse({})).toEqual({
      device: "auto",
      epochs: 5,
      optimizer: { type: "adam", learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
      loss: "sparseCategoricalCrossentropy",
      clip: {},
      accumulate: 1,
      ignoreIndex: -100,
      sanityCheck: true,
      checkpoints: { best: { monitor: "loss", minDelta: 0 } },
      saveModel: "last",
    });
  });

  it("take options of the optimizer that is meant where none is named", () => {
    expect(trainerOptions.parse({ optimizer: { learningRate: 0.01 } }).optimizer).toEqual({
      type: "adam",
      learningRate: 0.01,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-7,
    });
    expect(trainerOptions.safeParse({ optimizer: { momentum: 0.9 } }).success).toBe(false);
  });

  it("refuse a metric that does not suit the loss", () => {
    const { error } = trainerOptions.safeParse({ loss: "meanSquaredError", metrics: ["accuracy"] });
    expect(error?.issues[0]).toMatchObject({
      path: ["metrics", 0],
      message: "accuracy does not suit the loss meanSquaredError",
    });
  });

  it("refuse an option of another optimizer", () => {
    expect(trainerOptions.safeParse({ optimizer: { type: "sgd", beta1: 0.9 } }).success).toBe(false);
  });
});

describe("every plugin", () => {
  it.each(plugins.map((plugin) => [plugin.name, plugin] as const))(
    "describes every option of %s",
    (_, plugin) => {
      const schema = z.toJSONSchema(plugin.options, { io: "input" });
      const undescribed = Object.entries(schema.properties ?? {}).filter(
        ([, property]) => typeof property !== "object" || property.description === undefined,
      );
      expect(undescribed).toEqual([]);
    },
  );
});
