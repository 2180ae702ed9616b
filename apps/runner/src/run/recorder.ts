/** Keeps what the trainer tells: the lines of metrics.jsonl, and the points of the report. */
import { closeSync, openSync, writeSync } from "node:fs";
import type { EpochResult, TrainEvent } from "@millrace/core";

/** The mean loss of some steps in a row. */
export interface StepPoint {
  readonly epoch: number;
  /** The last of these steps, from 0. */
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
}

export interface RunHistory {
  device?: Extract<TrainEvent, { readonly type: "device" }>;
  model?: Extract<TrainEvent, { readonly type: "model" }>;
  readonly steps: StepPoint[];
  readonly epochs: EpochResult[];
}

export interface Recorder {
  readonly history: RunHistory;
  record(event: TrainEvent): void;
  close(): void;
}

/** More points than this per epoch no chart shows, and the file should stay small. */
const pointsPerEpoch = 200;

/** Appends to `path`: `{"type":"step",…}` up to 200 times an epoch, `{"type":"epoch",…}` once. */
export function openRecorder(path: string): Recorder {
  const file = openSync(path, "a");
  const history: RunHistory = { steps: [], epochs: [] };
  let sum = 0;
  let summed = 0;
  const write = (value: object) => writeSync(file, `${JSON.stringify(value)}\n`);
  return {
    history,
    record(event) {
      if (event.type === "device") history.device = event;
      if (event.type === "model") history.model = event;
      if (event.type === "epoch") {
        const { type, ...result } = event;
        history.epochs.push(result);
        write({ type, ...result });
      }
      if (event.type !== "step") return;
      sum += event.loss;
      summed++;
      if (!isPoint(event.step, event.steps)) return;
      const { epoch, step, steps, samplesPerSecond, dataWait } = event;
      const loss = sum / summed;
      history.steps.push({ epoch, step, steps, loss });
      write({ type: "step", epoch, step, steps, loss, samplesPerSecond, dataWait });
      sum = 0;
      summed = 0;
    },
    close: () => closeSync(file),
  };
}

/** Whether a point ends at this step: at most `pointsPerEpoch` do, evenly spread, the last step always. */
function isPoint(step: number, steps: number): boolean {
  const bucket = (at: number) => Math.floor((at * pointsPerEpoch) / steps);
  return steps <= pointsPerEpoch || bucket(step + 1) > bucket(step);
}
