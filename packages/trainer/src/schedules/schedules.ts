/** The schedules by name: their options, and what they make of the learning rate. */
import { z } from "zod";
import { minDelta, monitorFields } from "../monitors/monitor.js";
import { cosine, exponential, linear, oneCycle, step } from "./curves.js";
import { plateau } from "./plateau.js";
import type { Schedule } from "./schedule.js";
import { warmUp } from "./warm-up.js";

const warmUpOptions = z
  .strictObject({
    updates: z.int().min(1).optional().describe("how many updates it takes; or state epochs"),
    epochs: z
      .number()
      .positive()
      .optional()
      .describe("how many epochs it takes, such as 0.5; or state updates"),
    from: z.number().min(0).max(1).default(0).describe("share of the rate at the start; 0 if not given"),
  })
  .refine(({ updates, epochs }) => (updates === undefined) !== (epochs === undefined), {
    message: "must have either updates or epochs",
  })
  .optional()
  .describe("let the rate grow along a line before the schedule begins; none if not given");

const share = (standard: number, what: string) =>
  z.number().min(0).max(1).default(standard).describe(`${what}; ${standard} if not given`);
const factor = (standard: number, when: string) =>
  z
    .number()
    .positive()
    .max(1)
    .default(standard)
    .describe(`what the rate is multiplied by ${when}; ${standard} if not given`);
const minimum = share(0, "where it ends, as a share of the optimizer's rate");
const type = <T extends string>(name: T, what: string) => z.literal(name).describe(what);
const divisor = (standard: number, what: string) =>
  z.number().min(1).default(standard).describe(`${what}; ${standard} if not given`);

export const scheduleOptions = z.discriminatedUnion("type", [
  z.strictObject({
    type: type("constant", "the same rate all the time, after a warm-up"),
    warmUp: warmUpOptions,
  }),
  z.strictObject({
    type: type("step", "down a step after every so many epochs"),
    every: z.int().min(1).describe("epochs between two steps"),
    factor: factor(0.1, "at each step"),
    warmUp: warmUpOptions,
  }),
  z.strictObject({
    type: type("exponential", "down a little after every epoch"),
    factor: factor(0.95, "after each epoch"),
    warmUp: warmUpOptions,
  }),
  z.strictObject({
    type: type("cosine", "down along half a cosine over the whole run"),
    minimum,
    warmUp: warmUpOptions,
  }),
  z.strictObject({
    type: type("linear", "down along a line over the whole run"),
    minimum,
    warmUp: warmUpOptions,
  }),
  z.strictObject({
    type: type("oneCycle", "up to the optimizer's rate, then down to almost nothing, over the whole run"),
    peakAt: share(0.3, "share of the run after which the rate is highest"),
    startDivisor: divisor(25, "the optimizer's rate divided by this is the first"),
    endDivisor: divisor(1e4, "the first rate divided by this is the last"),
  }),
  z.strictObject({
    type: type("plateau", "down when a metric no longer gets better"),
    ...monitorFields,
    minDelta,
    factor: factor(0.1, "then"),
    patience: z
      .int()
      .min(0)
      .default(10)
      .describe("epochs without anything better that are borne; 10 if not given"),
    minimum: share(0, "it falls no lower than this share of the optimizer's rate"),
    warmUp: warmUpOptions,
  }),
]);

export type ScheduleOptions = z.output<typeof scheduleOptions>;

/** `updatesPerEpoch` is what a warm-up in epochs counts with. */
export function createSchedule(options: ScheduleOptions | undefined, updatesPerEpoch: number): Schedule {
  if (options === undefined) return { factor: () => 1 };
  const schedule = scheduleOf(options);
  if (!("warmUp" in options) || options.warmUp === undefined) return schedule;
  const { updates, epochs = 0, from } = options.warmUp;
  const count = updates ?? Math.max(1, Math.round(epochs * updatesPerEpoch));
  return warmUp(count, updatesPerEpoch, from, schedule);
}

function scheduleOf(options: ScheduleOptions): Schedule {
  switch (options.type) {
    case "constant":
      return { factor: () => 1 };
    case "step":
      return step(options);
    case "exponential":
      return exponential(options);
    case "cosine":
      return cosine(options);
    case "linear":
      return linear(options);
    case "oneCycle":
      return oneCycle(options);
    case "plateau":
      return plateau(options);
    default:
      return options satisfies never;
  }
}
