/** A run's numbers for TensorBoard: `train` and `validation` are runs of their own, so that their curves share a chart. */
import { join } from "node:path";
import type { Metrics } from "@millrace/core/spec";
import type { Sink, StepPoint } from "../history.js";
import { type EventFile, openEventFile } from "./event-file.js";

/**
 * Under `folder`: `train` with `step/…` by the count of batches and `epoch/…` by the count of epochs, `validation`, once
 * there is one, with `epoch/…`.
 */
export function tensorboard(folder: string): Sink {
  const files = new Map<string, EventFile>();
  const fileOf = (split: string): EventFile => {
    const file = files.get(split) ?? openEventFile(join(folder, split));
    files.set(split, file);
    return file;
  };
  const countOf = stepCounter();
  const epoch = (split: string, metrics: Metrics, at: number) => {
    for (const [name, value] of Object.entries(metrics)) fileOf(split).scalar(`epoch/${name}`, value, at);
  };
  return {
    step(point) {
      const at = countOf(point);
      const { loss, learningRate, samplesPerSecond, dataWait } = point;
      const values = { loss, learningRate, samplesPerSecond, dataWait };
      for (const [name, value] of Object.entries(values)) {
        if (value !== undefined) fileOf("train").scalar(`step/${name}`, value, at);
      }
    },
    epoch(result) {
      epoch("train", result.train, result.epoch + 1);
      if (result.validation !== undefined) epoch("validation", result.validation, result.epoch + 1);
    },
    close() {
      for (const file of files.values()) file.close();
    },
  };
}

/** How many steps a run has made up to a point; epochs of a stream may differ in length. */
function stepCounter(): (point: StepPoint) => number {
  let before = 0;
  let latest: StepPoint | undefined;
  return (point) => {
    if (point.steps !== undefined) return point.epoch * point.steps + point.step + 1;
    if (latest !== undefined && latest.epoch < point.epoch) before += latest.step + 1;
    latest = point;
    return before + point.step + 1;
  };
}
