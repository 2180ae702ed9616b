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
  const addStep = (point: StepPoint) => {
    history.steps.push(point);
    for (const sink of sinks) sink.step(point);
  };
  const addEpoch = (result: EpochResult) => {
    history.epochs.push(result);
    for (const sink of sinks) sink.epoch(result);
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
        const { type: _, ...result } = event;
        addEpoch(result);
      }
      if (event.type !== "step") return;
      sum += event.loss;
      summed++;
      if (!isPoint(event.step, event.steps)) return;
      const { type: _, ...point } = event;
      addStep({ ...point, loss: sum / summed });
      sum = 0;
      summed = 0;
    },
    close() {
      for (const sink of sinks) sink.close();
    },
  };
}

/** Whether a point ends at this step: at most `pointsPerEpoch` do, evenly spread, the last step always. */
function isPoint(step: number, steps: number): boolean {
  const bucket = (at: number) => Math.floor((at * pointsPerEpoch) / steps);
  return steps <= pointsPerEpoch || bucket(step + 1) > bucket(step);
}
