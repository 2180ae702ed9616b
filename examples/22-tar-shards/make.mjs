/** Draws the quickstart's digits into tar shards, and ten more to be predicted: as a shard without answers, and as files. */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeTarShards } from "@millrace/source-fs";
import sharp from "sharp";
import { drawDigit, randomStream } from "../01-quickstart/draw-digits.mjs";

const [size, seed, samples, samplesPerShard] = [28, 7, 3000, 500];
const data = fileURLToPath(new URL("data/", import.meta.url));

async function picture(digit, index) {
  const pixels = drawDigit(digit, size, randomStream(seed, digit, index));
  const raw = { width: size, height: size, channels: 1 };
  return sharp(pixels, { raw }).toColourspace("b-w").png().toBuffer();
}

/** One digit after the other, so that each shard has all of them. */
async function* drawn() {
  for (let i = 0; i < samples; i++) {
    const digit = i % 10;
    const png = await picture(digit, Math.floor(i / 10));
    yield { key: String(i).padStart(4, "0"), files: { png, cls: digit } };
  }
}

async function* unanswered() {
  await mkdir(join(data, "new"), { recursive: true });
  for (let digit = 0; digit < 10; digit++) {
    const png = await picture(digit, samples);
    await writeFile(join(data, "new", `${digit}.png`), png);
    yield { key: String(digit), files: { png } };
  }
}

if (!existsSync(join(data, "new-0.tar"))) {
  await mkdir(data, { recursive: true });
  const paths = await writeTarShards(join(data, "digits-%03d.tar"), drawn(), { samplesPerShard });
  // Last, for it says that all the others are there.
  await writeTarShards(join(data, "new-%d.tar"), unanswered());
  process.stdout.write(`${samples} digits in ${paths.length} shards\n`);
}
