/** Training on streams: nobody knows how long they are, or they have no end. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DataLoader, type IterableDataset, limitStream, shuffleStream } from "@millrace/core/dataloader";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { numbersOf, planeRun, stepsOf } from "../../test/plane.js";
import { checkRun, type Run, withRun } from "../../test/train.js";

/** Points in a plane, other ones in each epoch; they say nothing of how many there are, or `length`. */
function points(count: number, length?: number): IterableDataset {
  return {
    length,
    iterate({ epoch, shard, state }) {
      let at = (state as { at: number } | undefined)?.at ?? shard.id;
      return {
        next() {
          if (at >= count) return { done: true, value: undefined };
          const [a, b] = [Math.sin(at * 3 + epoch), Math.cos(at * 7 + epoch)];
          at += shard.count;
          return {
            done: false,
            value: { x: Float32Array.of(a, b), label: Float32Array.of(3 * a - 2 * b + 1) },
          };
        },
        state: () => ({ at }),
      };
    },
  };
}

const loader = (stream: IterableDataset, batchSize = 4) => new DataLoader(stream, { batchSize });
const cosine = { type: "cosine" } as const;

function streamRun(options: Run["options"], train = points(34), validation = points(10)): Run {
  return { ...planeRun({ ...options }), data: { train: loader(train), validation: loader(validation) } };
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-streams-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("a stream that does not say how long it is", () => {
  it("is trained on and measured whole, in epochs as long as it gives samples", async () => {
    await withRun(streamRun({ epochs: 3 }), (ran) => {
      expect(ran.result.endedBy).toBe("epochs");
      expect(ran.result.epochs.map(({ validation }) => Number.isFinite(validation?.loss))).toEqual([
        true,
        true,
        true,
      ]);
      expect(stepsOf(ran)).toHaveLength(3 * 9);
      expect(stepsOf(ran).every((step) => !("steps" in step))).toBe(true);
      // Its samples have no index: they are numbered as they come.
      expect(ran.result.predictions.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      expect(ran.result.worst?.length).toBe(10);
    });
  });

  it("goes on in the middle of an epoch, with the weights of a run that was never stopped", async () => {
    const stream = () => shuffleStream(points(34), { windowSize: 8, seed: 3 });
    const options = { epochs: 3, checkpoints: { everySteps: 2 } };
    const whole = await withRun(streamRun(options, stream()), ({ runDir }) => numbersOf(runDir));
    for (const stopAt of [1, 6, 9, 13]) {
      const runDir = await mkdtemp(join(folder, "run-"));
      const stop = new AbortController();
      let seen = 0;
      const onEvent: Run["onEvent"] = ({ type }) => {
        if (type === "step" && ++seen === stopAt) stop.abort();
      };
      await withRun({ ...streamRun(options, stream()), runDir, signal: stop.signal, onEvent }, ({ result }) =>
        expect(result.endedBy).toBe("signal"),
      );
      const resumed = { ...streamRun(options, stream()), runDir, resumeFrom: runDir };
      expect(await withRun(resumed, () => numbersOf(runDir)), `stopped at ${stopAt}`).toEqual(whole);
    }
  });

  it("is left in the middle where maxSteps says so, and at its end is a whole epoch", async () => {
    for (const [maxSteps, left] of [
      [12, 1],
      [18, 2],
    ]) {
      const run = { ...streamRun({ epochs: 9, maxSteps }), runDir: folder };
      await withRun(run, async ({ result }) => {
        expect(result).toMatchObject({ endedBy: "maxSteps", stopped: false });
        expect(result.epochs).toHaveLength(2);
      });
      const more = { ...streamRun({ epochs: 3 }), runDir: folder, resumeFrom: folder };
      await withRun(more, ({ events }) => {
        const model = events.find((event) => event.type === "model");
        expect(model).toMatchObject({ resumed: { epoch: left } });
      });
    }
  });

  it("is refused for what must know its length, at its place in the spec, by check and fit alike", async () => {
    const refused = async (options: Run["options"], train = points(34)) => {
      const run = streamRun(options, train);
      const checked = await checkRun(run).catch((error: unknown) => error);
      const fitted = await withRun(run, () => undefined).catch((error: unknown) => error);
      expect(fitted).toMatchObject({ code: "LENGTH_UNKNOWN" });
      expect(checked).toEqual(fitted);
      return fitted;
    };
    const at = (...path: string[]) => ({ path: ["trainer", "with", ...path] });
    expect(await refused({ schedule: cosine })).toMatchObject(at("schedule", "type"));
    const warmUp = { epochs: 1 };
    const inEpochs = at("schedule", "warmUp", "epochs");
    expect(await refused({ schedule: { type: "constant", warmUp } })).toMatchObject(inEpochs);
    expect(await refused({}, points(Infinity, Infinity))).toMatchObject(at());
  });

  it("has any schedule where the number of steps is stated, or its limit says how long it is", async () => {
    await withRun(streamRun({ schedule: cosine, maxSteps: 10, epochs: 9 }), (ran) => {
      const rates = stepsOf(ran).map(({ learningRate = 0 }) => learningRate);
      expect(rates[0]).toBeCloseTo(0.1);
      expect(rates).toEqual([...rates].sort((a, b) => b - a));
      expect(rates[9]).toBeLessThan(0.01);
    });
    const limited = limitStream(points(Infinity, Infinity), 20);
    await withRun(streamRun({ schedule: cosine, epochs: 2 }, limited), (ran) => {
      expect(stepsOf(ran).map(({ steps }) => steps)).toEqual(new Array(10).fill(5));
      expect(stepsOf(ran).at(-1)?.learningRate).toBeLessThan(0.01);
    });
  });
});

describe("other streams", () => {
  it("that never end are trained on until maxSteps", async () => {
    const run = streamRun({ maxSteps: 25, saveModel: "best" }, points(Infinity, Infinity));
    await withRun({ ...run, data: { train: run.data.train } }, (ran) => {
      expect(stepsOf(ran)).toHaveLength(25);
      expect(ran.result.predictions.length).toBeGreaterThan(10);
    });
  });

  it("that give more than they say are trained on whole, and ended by maxSteps all the same", async () => {
    const lying = () => streamRun({ epochs: 1, maxSteps: 7 }, points(40, 12));
    await withRun(lying(), (ran) => expect(stepsOf(ran)).toHaveLength(7));
    await withRun(streamRun({ epochs: 2 }, points(40, 12)), (ran) => expect(stepsOf(ran)).toHaveLength(20));
    await withRun(streamRun({ epochs: 2 }, points(8, 400)), (ran) => expect(stepsOf(ran)).toHaveLength(4));
  });

  it("without a sample to validate on are refused", async () => {
    const run = withRun(streamRun({}, points(34), points(0)), () => undefined);
    await expect(run).rejects.toMatchObject({
      code: "SPLIT_INVALID",
      message: "the validation split must yield at least one batch, was empty",
    });
  });
});
