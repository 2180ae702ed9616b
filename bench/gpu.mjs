/**
 * Training on a GPU: `node bench/gpu.mjs` after a build, on a machine that has one. Trains the MNIST CNN and a ResNet-18 on
 * 64×64 images through two workers on every GPU device there is, and prints samples per second, the share of time in
 * which steps waited for data, and how busy nvidia-smi says the GPU was; then the same in PyTorch on that GPU, where
 * $MILLRACE_PYTHON or python3 has a torch that sees it. Without a GPU it says so and runs nothing;
 * `node bench/gpu.mjs wasm 512` tries the script itself on a device of one's choice with so many samples.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DataLoader, ndarray, TensorDataset } from "@millrace/core/dataloader";
import plugins, { listDevices } from "@millrace/trainer";
import { findTorch } from "./measure.mjs";
import { resnet18 } from "./resnet18.mjs";

const [trainer, layers] = plugins;
const context = { baseUrl: new URL("file:///"), seed: 7 };
const labels = Array.from({ length: 10 }, (_, i) => String(i));
const epochs = 3;
const convolution = { type: "conv2d", kernelSize: 3, padding: "same", activation: "relu" };
const cases = {
  "MNIST CNN": {
    torch: "cnn",
    side: 28,
    channels: 1,
    samples: 60_000,
    batchSize: 256,
    model: () =>
      layers.create(
        layers.options.parse({
          layers: [
            { type: "rescaling", scale: 1 / 255 },
            { ...convolution, filters: 32 },
            { type: "maxPooling2d", poolSize: 2 },
            { ...convolution, filters: 64 },
            { type: "maxPooling2d", poolSize: 2 },
            { type: "flatten" },
            { type: "dense", units: 128, activation: "relu" },
            { type: "dense", units: 10, activation: "softmax" },
          ],
        }),
        context,
      ),
  },
  "ResNet-18 at 64×64": {
    torch: "resnet18",
    side: 64,
    channels: 3,
    samples: 10_000,
    batchSize: 128,
    model: () => resnet18,
  },
};

const [device, argument] = process.argv.slice(2);
if (device === "--one") await runOne(...JSON.parse(argument));
else if (device !== undefined) await compare([device], Number(argument ?? 512));
else await compareGpus();

async function compareGpus() {
  const gpus = await findGpus();
  if (gpus.length > 0) await compare(gpus);
}

async function findGpus() {
  const reports = await listDevices({ names: ["cuda", "webgpu"] });
  const real = reports.filter(({ ready, detail }) => ready && !detail.startsWith("a software adapter"));
  if (real.length === 0) {
    const reasons = reports.map(({ name, reason, detail }) => `  ${name}: ${reason ?? detail}\n`).join("");
    process.stdout.write(`did not run: there is no GPU that can be used here\n${reasons}`);
  }
  for (const { name, detail } of real) process.stdout.write(`${name}: ${detail}\n`);
  return real.map(({ name }) => name);
}

/** Each run has a process of its own, so that none finds what another left on the GPU. */
async function compare(devices, count) {
  const torch = findTorch();
  for (const [name, { torch: model, samples, batchSize }] of Object.entries(cases)) {
    const rates = [];
    for (const device of devices) {
      const { code, result } = await runElsewhere(JSON.stringify([device, name, count]));
      if (result === undefined) process.stdout.write(`${device}, ${name}: failed with code ${code}\n`);
      else rates.push([device, result.samplesPerSecond]);
    }
    if (torch === undefined) continue;
    compareWithTorch(torch, rates, [model, count ?? samples, batchSize, epochs].map(String));
  }
}

async function runElsewhere(parameters) {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), "--one", parameters], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  let result;
  child.on("message", (message) => {
    result = message;
  });
  const code = await new Promise((resolve) => child.on("close", resolve));
  return { code, result };
}

function compareWithTorch({ command }, rates, parameters) {
  const script = fileURLToPath(new URL("./torch_gpu.py", import.meta.url));
  const printed = execFileSync(command, [script, ...parameters], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  const { missing, device, version, strict, steps, tf32 } = JSON.parse(printed);
  if (missing !== undefined) {
    process.stdout.write(`  not compared with PyTorch: ${missing}\n`);
    return;
  }
  const whole = (rate) => `${Math.round(rate)} samples/s`;
  process.stdout.write(
    `  PyTorch ${version} on ${device}: ${whole(strict)} in float32, ${whole(tf32)} with TF32 convolutions; ` +
      `without loading ${whole(steps)}\n`,
  );
  for (const [name, rate] of rates) {
    const [loaded, alone] = [rate / strict, rate / steps].map((ratio) => ratio.toFixed(2));
    process.stdout.write(
      `  ${name}: ${loaded} of PyTorch's samples/s, ${alone} of what it does without loading\n`,
    );
  }
}

async function runOne(device, name, count) {
  const { side, channels, batchSize, model, samples: all } = cases[name];
  const samples = count ?? all;
  const bytes = side * side * channels;
  const images = new Uint8Array(samples * bytes);
  for (let i = 0; i < images.length; i++) images[i] = (i * 7919 + (i >> 9)) % 256;
  const targets = Int32Array.from({ length: samples }, (_, i) => i % 10);
  const dataset = new TensorDataset(ndarray(images, [samples, side, side, channels]), targets);
  const collate = { batchSize, shuffle: true, numWorkers: 2, persistentWorkers: true };
  const loader = new DataLoader(dataset, collate);
  const runDir = await mkdtemp(join(tmpdir(), "millrace-gpu-"));
  const made = trainer.create(trainer.options.parse({ device, epochs, checkpoints: false }), context);
  let watch;
  let last;
  try {
    await made.fit({
      train: named(loader, samples),
      model: await model(),
      facts: { labels },
      seed: 7,
      runDir,
      signal: new AbortController().signal,
      report(event) {
        if (event.type !== "epoch") return;
        // What the first epoch compiles and allocates is not measured.
        if (event.epoch === 0) watch = watchGpu();
        if (event.epoch === epochs - 1) watch?.stop();
        last = event;
      },
    });
  } finally {
    await loader.close();
    await rm(runDir, { recursive: true });
  }
  const wait = `${(last.dataWait * 100).toFixed(1)} % of the time waiting for data`;
  process.stdout.write(
    `${device}, ${name}, batches of ${batchSize}: ${Math.round(last.samplesPerSecond)} samples/s, ${wait}, ${watch.result()}\n`,
  );
  process.send({ samplesPerSecond: last.samplesPerSecond }, () => process.exit(0));
}

/** The loader's batches, [images, labels], with names. */
function named(loader, samples) {
  return {
    samples,
    length: loader.length,
    async *batches(epoch) {
      for await (const batch of loader.batches(epoch)) {
        const { data, indices, step } = batch;
        const [image, label] = data;
        yield { data: { image, label }, indices, epoch, step, release: () => batch.release() };
      }
    },
  };
}

/** Asks nvidia-smi four times a second. */
function watchGpu() {
  const readings = [];
  try {
    execFileSync("nvidia-smi", { stdio: "ignore" });
  } catch {
    return { stop() {}, result: () => "GPU use unknown (no nvidia-smi)" };
  }
  const query = ["--query-gpu=utilization.gpu,memory.used", "--format=csv,noheader,nounits", "-lms", "250"];
  const child = spawn("nvidia-smi", query, { stdio: ["ignore", "pipe", "ignore"] });
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (text) => {
    for (const line of text.trim().split("\n")) readings.push(line.split(",").map(Number));
  });
  return {
    stop: () => child.kill(),
    result() {
      if (readings.length === 0) return "GPU use unknown (too short)";
      const use = readings.reduce((sum, [percent]) => sum + percent, 0) / readings.length;
      const memory = Math.max(...readings.map(([, megabytes]) => megabytes));
      return `GPU ${use.toFixed(0)} % busy, ${memory} MB of its memory`;
    },
  };
}
