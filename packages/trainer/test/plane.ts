/** A linear model on a plane, whose training can be computed by hand, and what can be read off a run. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { memorySource } from "./batches.js";
import { plane } from "./tasks.js";
import { type Ran, type Run, withRun } from "./train.js";

export type Options = NonNullable<Run["options"]>;

/** Two epochs of plain gradient descent over 32 samples in batches of 4, validated on 12. */
export function planeRun(options: Options, samples = plane(32), batchSize = 4): Run {
  return {
    options: {
      loss: "meanSquaredError",
      epochs: 2,
      optimizer: { type: "sgd", learningRate: 0.1 },
      ...options,
    },
    layers: [{ type: "dense", units: 1 }],
    data: { train: memorySource(samples, batchSize), validation: memorySource(plane(12, 2), 4) },
  };
}

/** The saved weights. */
export async function numbersOf(runDir: string): Promise<number[]> {
  const bytes = await readFile(join(runDir, "model/weights.bin"));
  return [...new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))];
}

export function weightsAfter(run: Run): Promise<number[]> {
  return withRun(run, ({ runDir }) => numbersOf(runDir));
}

export function stepsOf({ events }: Ran) {
  return events.flatMap((event) => (event.type === "step" ? [event] : []));
}

/** The largest distance between two lists of numbers. */
export function distance(a: number[], b: number[]): number {
  return Math.max(...a.map((value, i) => Math.abs(value - b[i])));
}
