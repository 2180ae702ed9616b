/** The optimizers by name: their options, and the rule that each stands for. */
import { z } from "zod";
import { adagrad } from "./adagrad.js";
import { adam } from "./adam.js";
import { momentum, sgd } from "./momentum.js";
import { rmsprop } from "./rmsprop.js";
import type { Rule } from "./rule.js";

const learningRate = (standard: number) =>
  z.number().positive().default(standard).describe(`step size; ${standard} if not given`);
const share = (standard: number, what: string) =>
  z.number().min(0).lt(1).default(standard).describe(`${what}; ${standard} if not given`);
const decayOf = (standard: number, what: string) => share(standard, `decay of the running mean of ${what}`);
const epsilon = (standard: number) =>
  z.number().positive().default(standard).describe(`keeps the division finite; ${standard} if not given`);
const weightDecay = z
  .number()
  .min(0)
  .default(0)
  .describe("this much of each weight is added to its gradient (L2 penalty); 0 if not given");

const sgdOptions = z
  .strictObject({
    type: z.literal("sgd").describe("plain stochastic gradient descent; no memory beside the weights"),
    learningRate: learningRate(0.01),
    weightDecay,
  })
  .describe("plain stochastic gradient descent");

const momentumOptions = z
  .strictObject({
    type: z.literal("momentum").describe("gradient descent with momentum; one more copy of the weights"),
    learningRate: learningRate(0.01),
    momentum: share(0.9, "share of the last step that is kept"),
    nesterov: z
      .boolean()
      .default(false)
      .describe("look ahead along the last step before taking the gradient; false if not given"),
    weightDecay,
  })
  .describe("gradient descent with momentum");

const adamFields = {
  learningRate: learningRate(0.001),
  beta1: decayOf(0.9, "the gradients"),
  beta2: decayOf(0.999, "their squares"),
  epsilon: epsilon(1e-7),
};

const adamOptions = z
  .strictObject({
    // What is meant where no type is said, so that one option can be set alone.
    type: z
      .literal("adam")
      .optional()
      .default("adam")
      .describe("Adam (Kingma and Ba 2015), if no type is given; two more copies of the weights"),
    ...adamFields,
  })
  .describe("Adam");

const adamwOptions = z
  .strictObject({
    type: z
      .literal("adamw")
      .describe("Adam with decoupled weight decay (Loshchilov and Hutter 2019); two more copies"),
    ...adamFields,
    weightDecay: z
      .number()
      .min(0)
      .default(0.01)
      .describe("share of each weight, times the learning rate, taken away per update; 0.01 if not given"),
  })
  .describe("Adam with decoupled weight decay");

const rmspropOptions = z
  .strictObject({
    type: z.literal("rmsprop").describe("RMSprop (Hinton 2012); two more copies of the weights"),
    learningRate: learningRate(0.001),
    decay: decayOf(0.9, "the squared gradients"),
    momentum: share(0, "share of the last step that is kept"),
    epsilon: epsilon(1e-7),
  })
  .describe("RMSprop");

const adagradOptions = z
  .strictObject({
    type: z.literal("adagrad").describe("Adagrad (Duchi et al. 2011); one more copy of the weights"),
    learningRate: learningRate(0.01),
    epsilon: epsilon(1e-10),
  })
  .describe("Adagrad");

export const optimizerOptions = z.discriminatedUnion("type", [
  sgdOptions,
  momentumOptions,
  adamOptions,
  adamwOptions,
  rmspropOptions,
  adagradOptions,
]);

export type OptimizerOptions = z.output<typeof optimizerOptions>;

export function ruleOf(options: OptimizerOptions): Rule {
  switch (options.type) {
    case "sgd":
      return sgd(options);
    case "momentum":
      return momentum(options);
    case "adam":
      return adam({ ...options, weightDecay: 0 });
    case "adamw":
      return adam(options);
    case "rmsprop":
      return rmsprop(options);
    case "adagrad":
      return adagrad(options);
    default:
      return options satisfies never;
  }
}
