/**
 * What one photo costs on its way into a batch, stage by stage on one thread, and the distance to the limit: sharp alone
 * on the same files. `node bench/image-stages.mjs`; the medians are in microseconds.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { turboJpeg } from "../packages/source-fs/dist/images/jpeg/turbojpeg.js";
import { resample, sourcePixels } from "../packages/source-fs/dist/images/resample/resample.js";
import { writePhotos } from "./images.mjs";
import { median } from "./measure.mjs";

const sharp = createRequire(new URL("../packages/source-fs/package.json", import.meta.url))("sharp");
sharp.concurrency(1);
sharp.cache(false);
const root = mkdtempSync(join(tmpdir(), "millrace-photos-"));
process.on("exit", () => rmSync(root, { recursive: true, force: true }));
await writePhotos(root, 256);
const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name));

for (const [size, scale] of [
  [224, 1],
  [64, 2],
]) {
  const stages = { read: [], decode: [], resize: [], copy: [] };
  const [width, height] = [Math.ceil(500 / scale), Math.ceil(400 / scale)];
  const slot = new Uint8Array(new SharedArrayBuffer(size * size * 3));
  const timed = (stage, work) => {
    const started = performance.now();
    const result = work();
    stages[stage].push((performance.now() - started) * 1000);
    return result;
  };
  for (const file of files) {
    const content = timed("read", () => readFileSync(file));
    const pixels = sourcePixels(width * height * 3);
    timed("decode", () => turboJpeg().decode(content, pixels, { width, height, scale }));
    const resize = { width, height, toWidth: size, toHeight: size, kernel: "linear" };
    const made = timed("resize", () => resample(resize));
    timed("copy", () => slot.set(made));
  }
  const alone = await sharpAlone(size);
  const shown = Object.entries(stages).map(([stage, times]) => `${stage} ${median(times).toFixed(0)}`);
  process.stdout.write(`${size} × ${size}: ${shown.join(", ")}; sharp alone ${alone.toFixed(0)}\n`);
}

/** Processor time per image of sharp with four in flight, from bytes in memory. */
async function sharpAlone(size) {
  const contents = files.map((file) => readFileSync(file));
  const before = process.cpuUsage();
  const lane = async (first) => {
    for (let i = first; i < contents.length; i += 4) {
      const image = sharp(contents[i], { failOn: "warning" });
      await image
        .resize({ width: size, height: size, fit: "fill", kernel: "linear", fastShrinkOnLoad: false })
        .raw()
        .toBuffer();
    }
  };
  await Promise.all([0, 1, 2, 3].map(lane));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / contents.length;
}
