/** The process that jpeg.mjs starts: one line of JSON for each decoder, size and number of workers. */
import { findTurboJpeg } from "../packages/source-fs/dist/images/jpeg/turbojpeg.js";
import { images, photoFolder } from "./images.mjs";
import { findTorch, timeOurs, timeTheirs } from "./measure.mjs";

const kinds = [
  { decoder: "turbojpeg", reduce: "exact" },
  { decoder: "turbojpeg", reduce: "fast" },
  { decoder: "libvips", reduce: "exact" },
  { decoder: "libvips", reduce: "fast" },
  { decoder: "sharp", reduce: "exact" },
];
const there = kinds.filter(({ decoder }) => decoder !== "turbojpeg" || "library" in findTurboJpeg());
const python = findTorch();
const root = await photoFolder();

for (const size of [64, 224]) {
  for (const numWorkers of [0, 2]) await beside(size, numWorkers);
}

async function beside(size, numWorkers) {
  const before = await rates(size, numWorkers);
  const theirs = python && timeTheirs(python, "image_u8", numWorkers, [root, String(size)]).rowsPerSecond;
  // Again after PyTorch, so that a machine that is busy for a while is so for both.
  const after = await rates(size, numWorkers);
  for (const [i, kind] of there.entries()) {
    const row = { ...kind, size, numWorkers, ours: (before[i] + after[i]) / 2, theirs };
    process.stdout.write(`${JSON.stringify(row)}\n`);
  }
}

/** Images per second by each decoder in turn. */
async function rates(size, numWorkers) {
  const found = [];
  for (const kind of there) {
    const dataset = await images(root, size, kind);
    found.push((await timeOurs(dataset, { batchSize: 64, numWorkers }, 3)).rowsPerSecond);
  }
  return found;
}
