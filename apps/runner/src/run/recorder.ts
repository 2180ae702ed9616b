/** Keeps what the trainer tells: points for the report, and the same for files. */
import type { EpochResult, TrainEvent } from "@millrace/core/spec";
import type { RunHistory, Sink, StepPoint } from "./history.js";
import { linesBefore } from "./metrics-file.js";

export interface Recorder {
  readonly history: RunHistory;
  record(event: TrainEvent): void;
  close(): void;
}

/** More points than this per epoch no chart shows, and files should stay small. */
const pointsPerEpoch = 200;

/** A run that goes on from another one begins with what that one had recorded. */
export function openRecorder(sinks: readonly Sink[]): Recorder {
  const history: RunHistory = { steps: [], epochs: [] };
  let sum = 0;
  let summed = 0;
  let last: StepPoint | undefined;
  const addStep = (point: StepPoint) => {
    history.steps.push(point);
    for (const sink of sinks) sink.step(point);
  };
  const addEpoch = (result: EpochResult) => {
    history.epochs.push(result);
    for (const sink of sinks) sink.epoch(result);
  };
  const endPoint = () => {
    if (last !== undefined && summed > 0) addStep({ ...last, loss: sum / summed });
    sum = 0;
    summed = 0;
  };
  return {
    history,
    record(event) {
      if (event.type === "device") history.device = event;
      if (event.type === "model") {
        history.model = event;
        for (const { type, ...line } of event.resumed === undefined ? [] : linesBefore(event.resumed)) {
          if (type === "step") addStep(line as StepPoint);
          else addEpoch(line as EpochResult);
        }
      }
      if (event.type === "epoch") {
        endPoint();
        const { type: _, ...result } = event;
        addEpoch(result);
      }
      if (event.type !== "step") return;
      sum += event.loss;
      summed++;
      const { type: _, spent: __, ...point } = event;
      last = point;
      if (isPoint(event.step, event.steps)) endPoint();
    },
    close() {
      for (const sink of sinks) sink.close();
    },
  };
}

/**
 * Whether a point ends at this step: at most `pointsPerEpoch` do, evenly spread, the last step always. Where nobody knows
 * how many steps come, so many do at first, and half as many each time that their number has doubled.
 */
function isPoint(step: number, steps: number | undefined): boolean {
  if (steps === undefined) {
    const apart = 2 ** Math.max(0, Math.floor(Math.log2((step + 1) / pointsPerEpoch)) + 1);
    return (step + 1) % apart === 0;
  }
  const bucket = (at: number) => Math.floor((at * pointsPerEpoch) / steps);
  return steps <= pointsPerEpoch || bucket(step + 1) > bucket(step);
}
