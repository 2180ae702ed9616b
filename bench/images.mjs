/** Photos from disk to batches of uint8 [64, size, size, 3]: cases for bench.mjs; image-stages.mjs shows where time goes. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { cached, portable, transformChain } from "@millrace/core/dataloader";
import plugins from "@millrace/source-fs";

const sharp = createRequire(new URL("../packages/source-fs/package.json", import.meta.url))("sharp");
const here = import.meta.url;

/** Images of `root`, resized to size × size, as a spec with image-folder and resize would have them. */
export async function images(root, size, options = {}) {
  const plugin = (name) => plugins.find((each) => each.name === name);
  const context = { baseUrl: pathToFileURL(`${root}/`), seed: 0, facts: {} };
  const make = (name, options) => plugin(name).create(plugin(name).options.parse(options), context);
  const source = await make("image-folder", { root, ...options });
  const apply = await make("resize", { width: size, height: size });
  const dataset = transformChain(source, [{ name: "resize", apply, deferred: true, position: 0 }], 0);
  return portable(dataset, { module: here, export: "images", args: [root, size, options] });
}

const [width, height] = [500, 400];

/**
 * Writes `count` JPEG files of 500 × 400 that compress as photos do, 40 to 80 kB each: windows of one large picture of
 * smooth noise at five scales.
 */
export async function writePhotos(root, count) {
  const [across, down] = [2400, 2000];
  const raw = { width: across, height: down, channels: 3 };
  const pixels = await smoothNoise(across, down);
  for (let i = 0; i < count; i++) {
    const window = { left: (i * 733) % (across - width), top: (i * 389) % (down - height), width, height };
    const folder = join(root, `class${i % 10}`);
    mkdirSync(folder, { recursive: true });
    await sharp(pixels, { raw })
      .extract(window)
      .jpeg({ quality: 85 + (i % 6) })
      .toFile(join(folder, `${String(i).padStart(5, "0")}.jpg`));
  }
}

async function smoothNoise(across, down) {
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  };
  const layers = [];
  for (const size of [120, 40, 12, 4, 1]) {
    const raw = { width: Math.ceil(across / size), height: Math.ceil(down / size), channels: 3 };
    const noise = Uint8Array.from({ length: raw.width * raw.height * 3 }, next);
    const options = { width: across, height: down, kernel: "cubic", fit: "fill" };
    layers.push(await sharp(noise, { raw }).resize(options).raw().toBuffer());
  }
  const shares = [0.72, 0.4, 0.24, 0.16, 0.11];
  return Uint8ClampedArray.from({ length: across * down * 3 }, (_, i) =>
    layers.reduce((sum, layer, j) => sum + (layer[i] - 128) * shares[j], 128),
  );
}

export const photos = 768;
let root;

/** The folder of photos, made once for all cases, and removed when the process ends. */
export async function photoFolder() {
  if (root !== undefined) return root;
  const made = mkdtempSync(join(tmpdir(), "millrace-photos-"));
  process.on("exit", () => rmSync(made, { recursive: true, force: true }));
  await writePhotos(made, photos);
  root = made;
  return root;
}

/** `torch` is what PyTorch does after resizing: "image" normalises on the CPU, "image_u8" stops at uint8, as we do. */
const imageCase = (size, torch, recorded) => ({
  what: `${photos} JPEG photos of 500 × 400 to ${size} × ${size}${torch === "image_u8" ? ", uint8 in PyTorch too" : ""}, batches of 64`,
  batchSize: 64,
  recorded,
  epochs: 3,
  prepare: photoFolder,
  torch,
  torchArguments: () => [root, String(size)],
  dataset: () => images(root, size),
});

/**
 * Images per second of sharp alone on the same files: one pipeline each, four at a time, into memory that nobody keeps.
 * What a loader on sharp can reach at most.
 */
export async function sharpAlone(size) {
  await photoFolder();
  const files = readdirSync(root, { recursive: true }).filter((name) => name.endsWith(".jpg"));
  const started = performance.now();
  let next = 0;
  const lane = async () => {
    while (next < files.length) {
      const file = join(root, files[next++]);
      await sharp(file).resize(size, size, { fit: "fill", kernel: "linear" }).raw().toBuffer();
    }
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
  return (files.length / (performance.now() - started)) * 1000;
}

/** From the second epoch on, with the resized pictures in a cache that all threads share. */
const cachedCase = (size, recorded) => ({
  ...imageCase(size, "image", recorded),
  what: `${photos} JPEG photos of 500 × 400 to ${size} × ${size}, from the cache after the first epoch, batches of 64`,
  epochs: 40,
  dataset: async () => cached(await images(root, size), { in: "memory" }),
});

export const cases = {
  images64: imageCase(64, "image", { 0: 700, 2: 1_600 }),
  images64Bytes: imageCase(64, "image_u8", { 0: 800, 2: 1_600 }),
  images64Cached: cachedCase(64, { 0: 700, 2: 1_600 }),
  images224: imageCase(224, "image", { 0: 190, 2: 390 }),
  images224Bytes: imageCase(224, "image_u8", { 0: 260, 2: 420 }),
  images224Cached: cachedCase(224, { 0: 190, 2: 390 }),
};
