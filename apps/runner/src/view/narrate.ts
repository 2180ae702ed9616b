/** A run in words: what the trainer tells, as lines for a person. */
import { type EpochResult, knownLength, knownSamples, type Line, type TrainEvent } from "@millrace/core/spec";
import type { Course } from "./course.js";
import { count, duration, metricsText, percent, plural } from "./format.js";
import { epochText } from "./step-line.js";
import type { Colors } from "./terminal.js";
import type { View } from "./view.js";

/** What there is to train on: "4,000 training and 1,000 validation samples, 10 classes, 63 steps per epoch". */
export function dataText({
  loaders,
  facts,
  samples,
  spec,
}: Pick<Line, "loaders" | "facts" | "samples" | "spec">): string {
  const { train, validation, test } = loaders;
  // A batch sampler does not say how many it visits: then it is those that it chooses from.
  const trained = spec.loader.batchSampler === undefined ? knownSamples(train) : samples.train?.length;
  const splits = [
    `${manyText(trained)} training`,
    validation && `${manyText(knownSamples(validation))} validation`,
    test && `${manyText(knownSamples(test))} test`,
  ].filter((part) => part !== undefined);
  const parts = [`${splits.join(", ")} samples`];
  if (facts.labels !== undefined) parts.push(plural(facts.labels.length, "class"));
  const steps = knownLength(train);
  if (steps !== undefined && steps < Infinity) parts.push(`${plural(steps, "step")} per epoch`);
  if (train.numWorkers > 0) parts.push(plural(train.numWorkers, "worker"));
  return parts.join(" · ");
}

/** "4,000"; of a stream that does not say it "a stream of". */
export function manyText(samples: number | undefined): string {
  if (samples === undefined) return "a stream of";
  return samples === Infinity ? "an endless stream of" : count(samples);
}

/** Tells a view what happens, event by event. */
export function narrator(
  view: View,
  colors: Colors,
  { course, validates }: { readonly course: Course; readonly validates: boolean },
): (event: TrainEvent) => void {
  const { epochs } = course;
  return (event) => {
    course.add(event);
    switch (event.type) {
      case "device":
        view.print(`device: ${colors.bold(event.device)} (${event.reason})`);
        for (const skipped of event.skipped) view.print(colors.dim(`  not used: ${skipped}`));
        return;
      case "model":
        view.print(`model: ${plural(event.parameters, "parameter")}`);
        if (event.restored !== undefined) view.print(unitText(event.restored));
        if (event.resumed !== undefined) {
          const { path, epoch, step, skipped } = event.resumed;
          for (const reason of skipped) view.print(`${colors.yellow("warning:")} ${reason}`);
          view.print(`going on from ${path}: epoch ${epoch + 1}, step ${step + 1}`);
        }
        view.busy("getting the first batch …");
        return;
      case "step":
        if (validates && event.step + 1 === event.steps) {
          view.busy(`${epochText(event.epoch, epochs)}  validating …`);
        } else view.step(event, course);
        return;
      case "epoch":
        view.print(epochLine(event, epochs, colors));
        return;
      case "saved":
        return;
      default:
        event satisfies never;
    }
  };
}

/** What the numbers of a run are in whose target transforms have changed. */
export function unitText(target: string): string {
  return `unit: predictions and metrics are those of "${target}" as the source has it; the loss is that of training, on what transforms made of it`;
}

function epochLine(event: EpochResult, epochs: number | undefined, colors: Colors): string {
  const bad = badText(event);
  const parts = [
    `${colors.bold(epochText(event.epoch, epochs))}  train ${metricsText(event.train)}`,
    event.validation && colors.green(`validation ${metricsText(event.validation)}`),
    bad && colors.yellow(bad),
    colors.dim(duration(event.seconds)),
    event.allreduce === undefined ? undefined : colors.dim(`allreduce ${percent(event.allreduce)}`),
  ];
  return parts.filter((part) => part !== undefined).join(colors.dim(" · "));
}

/** "3 bad training samples, 1 bad validation sample"; undefined where there were none. */
export function badText({ bad }: EpochResult): string | undefined {
  const texts = [
    bad?.train && plural(bad.train, "bad training sample"),
    bad?.validation && plural(bad.validation, "bad validation sample"),
  ].filter((text) => typeof text === "string");
  return texts.length === 0 ? undefined : texts.join(", ");
}

/** "5 epochs on wasm, 1,234 samples/s, data wait 3%". */
export function paceText(device: string, epochs: readonly EpochResult[]): string {
  const { samplesPerSecond, dataWait } = paceOf(epochs);
  return `${plural(epochs.length, "epoch")} on ${device}, ${count(samplesPerSecond)} samples/s, data wait ${percent(dataWait)}`;
}

export interface Pace {
  readonly samplesPerSecond: number;
  /** Shares of the time, 0 to 1. */
  readonly dataWait: number;
  readonly upload: number;
}

/** Over all epochs, each weighted by its time. */
export function paceOf(epochs: readonly EpochResult[]): Pace {
  const seconds = epochs.reduce((sum, epoch) => sum + epoch.seconds, 0);
  const mean = (of: (epoch: EpochResult) => number) =>
    seconds > 0 ? epochs.reduce((sum, epoch) => sum + of(epoch) * epoch.seconds, 0) / seconds : 0;
  return {
    samplesPerSecond: mean((epoch) => epoch.samplesPerSecond),
    dataWait: mean((epoch) => epoch.dataWait),
    upload: mean((epoch) => epoch.upload ?? 0),
  };
}
