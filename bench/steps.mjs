/**
 * The trainer's step on wasm beside PyTorch's on CPU with two threads, in turns: `node bench/steps.mjs` after a build.
 * A Python with torch is looked for in $MILLRACE_PYTHON, then python3; without one, recorded figures stand in, marked.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { ndarray } from "@millrace/core";
import plugins from "@millrace/trainer";
import { startTorch } from "./torch-steps.mjs";

const rounds = Number(process.argv[2] ?? 6);
const stepsPerRound = 20;
/** Steps of a round that are not counted: code is compiled and caches are filled in them. */
const warmUp = 5;
const pixels = { type: "rescaling", scale: 1 / 255 };
const answers = { type: "dense", units: 10, activation: "softmax" };
const convolution = { type: "conv2d", kernelSize: 3, padding: "same", activation: "relu" };
const pooling = { type: "maxPooling2d", poolSize: 2 };

const cases = {
  mlp: {
    what: "784-256-10, batches of 64, Adam",
    layers: [pixels, { type: "flatten" }, { type: "dense", units: 256, activation: "relu" }, answers],
    recorded: 2.6,
  },
  cnn: {
    what: "28×28, convolutions of 16 and 32, batches of 64, Adam",
    layers: [
      pixels,
      { ...convolution, filters: 16 },
      pooling,
      { ...convolution, filters: 32 },
      pooling,
      { type: "flatten" },
      answers,
    ],
    recorded: 13,
  },
};

const [load, cores] = [loadavg()[0], availableParallelism()];
if (load > cores / 2) {
  process.stdout.write(
    `busy machine (load ${load.toFixed(1)}, ${cores} cores): read the minima, if anything\n`,
  );
}
const torch = await startTorch(2);
const [trainer, layers] = plugins;
const context = { baseUrl: new URL("file:///"), seed: 7 };
for (const [name, { what, layers: list, recorded }] of Object.entries(cases)) {
  const [ours, theirs] = [[], []];
  for (let round = 0; round < rounds; round++) {
    ours.push(...(await timeOurs(list)).slice(warmUp));
    if (torch !== undefined) theirs.push(...(await torch.time(name, stepsPerRound)).slice(warmUp));
  }
  report(name, what, ours, theirs.length > 0 ? theirs : [recorded]);
}
torch?.close();

/** Milliseconds from step to step, as `fit` takes them. */
async function timeOurs(list) {
  const runDir = await mkdtemp(join(tmpdir(), "millrace-steps-"));
  const ends = [];
  const made = trainer.create(
    trainer.options.parse({ device: "wasm", epochs: 1, checkpoints: false, maxSteps: stepsPerRound }),
    context,
  );
  try {
    await made.fit({
      train: source(),
      model: await layers.create(layers.options.parse({ layers: list }), context),
      facts: {},
      seed: 7,
      runDir,
      signal: new AbortController().signal,
      report: ({ type }) => type === "step" && ends.push(performance.now()),
    });
  } finally {
    await rm(runDir, { recursive: true });
  }
  return ends.slice(1).map((end, i) => end - ends[i]);
}

/** The same batch again and again, so that no loading is timed; the last one is what `fit` measures at the end. */
function source() {
  const images = ndarray(
    Uint8Array.from({ length: 64 * 784 }, (_, i) => (i * 7919) % 256),
    [64, 28, 28, 1],
  );
  const labels = ndarray(
    Int32Array.from({ length: 64 }, (_, i) => i % 10),
    [64],
  );
  const indices = Array.from({ length: 64 }, (_, i) => i);
  return {
    samples: 64 * stepsPerRound,
    length: stepsPerRound,
    async *batches(epoch) {
      for (let step = 0; step < stepsPerRound; step++) {
        yield { data: { image: images, label: labels }, indices, epoch, step, release() {} };
      }
    },
  };
}

function report(name, what, ours, theirs) {
  const beside =
    torch === undefined ? "PyTorch 2.13, RECORDED, not measured here" : `PyTorch ${torch.version}`;
  const ms = (value) => `${value.toFixed(2)} ms`;
  const [ratio, best] = [median(ours) / median(theirs), Math.min(...ours) / Math.min(...theirs)];
  process.stdout.write(
    `${name} (${what}): ${ratio.toFixed(2)}× the time of ${beside}\n` +
      `  median ${ms(median(ours))} against ${ms(median(theirs))}; ` +
      `minimum ${ms(Math.min(...ours))} against ${ms(Math.min(...theirs))} (${best.toFixed(2)}×)\n`,
  );
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
