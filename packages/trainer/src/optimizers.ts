/** The optimizers: their options, and what makes them of tfjs' parts. */
import type { Optimizer } from "@tensorflow/tfjs-core";
import { z } from "zod";
import type { Engine } from "./engine.js";

const learningRate = (standard: number) =>
  z.number().positive().default(standard).describe(`step size; ${standard} if not given`);

const decay = (standard: number, what: string) =>
  z
    .number()
    .min(0)
    .lt(1)
    .default(standard)
    .describe(`decay of the running mean of ${what}; ${standard} if not given`);

const sgd = z
  .strictObject({
    type: z.literal("sgd").describe("plain stochastic gradient descent; no memory beside the weights"),
    learningRate: learningRate(0.01),
  })
  .describe("plain stochastic gradient descent");

const momentum = z
  .strictObject({
    type: z.literal("momentum").describe("gradient descent with momentum; one more copy of the weights"),
    learningRate: learningRate(0.01),
    momentum: z
      .number()
      .min(0)
      .lt(1)
      .default(0.9)
      .describe("share of the last step that is kept; 0.9 if not given"),
    nesterov: z
      .boolean()
      .default(false)
      .describe("look ahead along the last step before taking the gradient"),
  })
  .describe("gradient descent with momentum");

const adam = z
  .strictObject({
    type: z.literal("adam").describe("Adam (Kingma and Ba 2015); two more copies of the weights"),
    learningRate: learningRate(0.001),
    beta1: decay(0.9, "the gradients"),
    beta2: decay(0.999, "their squares"),
    epsilon: z.number().positive().default(1e-7).describe("keeps the division finite; 1e-7 if not given"),
  })
  .describe("Adam");

export const optimizerOptions = z.discriminatedUnion("type", [sgd, momentum, adam]);

export type OptimizerOptions = z.output<typeof optimizerOptions>;

export function createOptimizer(engine: Engine, options: OptimizerOptions): Optimizer {
  switch (options.type) {
    case "sgd":
      return engine.train.sgd(options.learningRate);
    case "momentum":
      return engine.train.momentum(options.learningRate, options.momentum, options.nesterov);
    case "adam":
      return engine.train.adam(options.learningRate, options.beta1, options.beta2, options.epsilon);
    default:
      return options satisfies never;
  }
}
