/** Folders of runs as `millrace run` leaves them, written at once. */
import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

export interface PastRunParts {
  readonly record?: object;
  readonly spec?: object;
  readonly epochs?: number;
  readonly metric?: string;
  /** What the loss is at a moment, in epochs. */
  readonly lossAt?: (moment: number) => number;
}

const stepsPerEpoch = 10;

export async function writeRun(folder: string, parts: PastRunParts = {}): Promise<string> {
  const { record = {}, spec = {}, epochs = 3, ...measured } = parts;
  await mkdir(folder, { recursive: true });
  const times = { startedAt: "2026-11-26T12:00:00.000Z", finishedAt: "2026-11-26T12:01:07.000Z" };
  await writeFile(join(folder, "run.json"), JSON.stringify({ status: "finished", ...times, ...record }));
  await writeFile(join(folder, "spec.json"), JSON.stringify({ seed: 1, ...spec }));
  await writeFile(join(folder, "metrics.jsonl"), "");
  for (let epoch = 0; epoch < epochs; epoch++) await appendEpoch(folder, epoch, measured);
  return folder;
}

/** The lines of one more epoch. */
export async function appendEpoch(
  folder: string,
  epoch: number,
  { metric = "accuracy", lossAt = (moment) => 2 / (1 + moment) }: PastRunParts = {},
): Promise<void> {
  const steps = Array.from({ length: stepsPerEpoch }, (_, step) => ({
    type: "step",
    epoch,
    step,
    steps: stepsPerEpoch,
    loss: lossAt(epoch + step / stepsPerEpoch),
    learningRate: 0.1 / (1 + epoch),
  }));
  const loss = lossAt(epoch + 1);
  const result = {
    train: { loss, [metric]: 1 - loss / 3 },
    validation: { loss: loss * 1.1, [metric]: 1 - loss / 2.5 },
    seconds: 2,
    samplesPerSecond: 1000,
    dataWait: 0.1,
  };
  const lines = [...steps, { type: "epoch", epoch, ...result }];
  await appendFile(join(folder, "metrics.jsonl"), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
}
