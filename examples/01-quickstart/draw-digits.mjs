/** Draws a set of handwritten-looking digits as PNG files, one folder per class: the quickstart's data set. */
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import sharp from "sharp";

const version = 1;
const manifestName = "drawn.json";

/**
 * How each digit may be written: alternatives, each of strokes, each of points "x,y" in a box of 100 by 100, y down.
 * A stroke that starts with ~ goes smoothly through its points, one that starts with - has corners there.
 */
const glyphs = [
  [["~ 56,1 28,10 18,48 27,87 50,100 74,86 82,50 73,12 50,1"]],
  [["- 52,0 50,100"], ["- 30,24 53,0 52,100"], ["- 30,20 52,0 52,100", "- 27,100 78,100"]],
  [
    ["~ 20,26 30,6 52,0 75,11 76,32 58,60 18,100", "- 18,100 84,99"],
    ["~ 20,24 32,4 56,1 76,16 72,40 50,72 24,96 14,86 30,79 55,93 86,95"],
  ],
  [
    ["~ 20,13 44,0 70,9 72,30 58,44 40,48", "~ 40,48 66,53 80,72 69,93 44,100 17,89"],
    ["- 20,2 76,2 45,41", "~ 45,41 70,48 79,70 68,92 44,100 18,90"],
  ],
  [["- 30,0 18,56 84,55", "- 68,14 62,100"], ["- 64,100 62,0 14,66 86,66"]],
  [["- 78,2 31,2 26,44", "~ 26,44 50,37 76,50 78,76 60,97 36,100 17,90"]],
  [
    ["~ 70,3 45,18 26,50 24,78 40,99 64,97 78,76 66,56 44,56 26,72"],
    ["~ 46,0 30,30 22,68 36,97 62,98 74,78 60,61 40,64 25,80"],
  ],
  [
    ["- 18,4 80,3 42,100"],
    ["- 18,16 20,4 80,3", "~ 80,3 62,35 50,66 46,100"],
    ["- 18,4 80,3 42,100", "- 36,52 76,50"],
  ],
  [
    ["~ 74,14 50,0 27,12 30,34 52,48 76,66 76,90 50,100 24,88 26,66 50,48 72,32 73,13"],
    ["~ 50,0 28,12 32,38 50,46 70,36 72,11 50,0", "~ 50,46 22,62 25,90 50,100 76,89 78,62 50,46"],
  ],
  [
    ["~ 74,27 62,4 37,3 22,23 31,46 55,47 74,27", "- 75,10 68,100"],
    ["~ 74,20 56,1 30,8 24,33 42,50 66,42 75,18 75,60 62,93 40,100 22,90"],
  ],
].map((alternatives) => alternatives.map((strokes) => strokes.map(parseStroke)));

/**
 * Draws `perClass` images of `size` by `size` pixels for each digit into `root`/0/0000.png and so on. The same
 * parameters give the same pictures. Nothing is drawn where such a set lies complete; another set that this function
 * drew is replaced; any other folder is refused. Returns how many images there are, and whether they were drawn now.
 */
export async function drawDigits({ root, perClass = 200, size = 28, seed = 7 }) {
  const target = resolve(root);
  const manifest = JSON.stringify({ drawnBy: "draw-digits", version, perClass, size, seed });
  const images = glyphs.length * perClass;
  if (await isComplete(target, manifest, perClass)) return { root: target, images, drawn: false };
  await refuseForeign(target);
  await mkdir(dirname(target), { recursive: true });
  const draft = await mkdtemp(join(dirname(target), `.${basename(target)}-`));
  try {
    await drawAll(draft, { perClass, size, seed });
    await writeFile(join(draft, manifestName), manifest);
    await putInPlace(draft, target, manifest, perClass);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return { root: target, images, drawn: true };
}

async function drawAll(folder, { perClass, size, seed }) {
  const digits = glyphs.keys();
  const drawNext = async () => {
    for (const digit of digits) {
      await mkdir(join(folder, `${digit}`));
      for (let index = 0; index < perClass; index++) {
        const pixels = drawDigit(digit, size, randomStream(seed, digit, index));
        const image = sharp(pixels, { raw: { width: size, height: size, channels: 1 } });
        const name = `${index}`.padStart(4, "0");
        await image
          .toColourspace("b-w")
          .png()
          .toFile(join(folder, `${digit}`, `${name}.png`));
      }
    }
  };
  const outcomes = await Promise.allSettled([drawNext(), drawNext(), drawNext(), drawNext()]);
  const failed = outcomes.find(({ status }) => status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

/** One digit, bright on dark, as `size` × `size` bytes. */
export function drawDigit(digit, size, random) {
  const alternatives = glyphs[digit];
  const place = placement(size, random);
  const segments = alternatives[Math.floor(random.uniform() * alternatives.length)].flatMap((stroke) => {
    const points = stroke.points.map(([x, y]) =>
      place(x + 0.024 * random.normal(), y + 0.024 * random.normal()),
    );
    return segmentsOf(stroke.smooth ? smoothed(points) : points);
  });
  const halfWidth = (size / 28) * random.between(0.75, 1.75);
  const softness = (size / 28) * random.between(0.45, 0.8);
  const ink = random.between(165, 255);
  const noise = random.between(0, 16);
  const pixels = new Uint8Array(size * size);
  for (let i = 0; i < pixels.length; i++) {
    const distance = distanceTo(segments, (i % size) + 0.5, Math.floor(i / size) + 0.5);
    const cover = Math.min(1, Math.max(0, (halfWidth - distance) / (2 * softness) + 0.5));
    pixels[i] = Math.min(255, Math.max(0, Math.round(ink * cover + noise * random.normal())));
  }
  return pixels;
}

/** Where a writer puts the box of a digit: scale, slant, turn and position; maps box coordinates to pixels. */
function placement(size, random) {
  const height = size * random.between(0.56, 0.8);
  const width = height * random.between(0.68, 1);
  const slant = 0.17 * random.normal();
  const angle = 0.1 * random.normal();
  const centerX = size * (0.5 + random.between(-0.07, 0.07));
  const centerY = size * (0.5 + random.between(-0.07, 0.07));
  return (x, y) => {
    const down = (y - 0.5) * height;
    const across = (x - 0.5) * width - slant * down;
    return [
      centerX + across * Math.cos(angle) - down * Math.sin(angle),
      centerY + across * Math.sin(angle) + down * Math.cos(angle),
    ];
  };
}

function parseStroke(text) {
  const [kind, ...points] = text.split(" ");
  return { smooth: kind === "~", points: points.map((point) => point.split(",").map((part) => part / 100)) };
}

/** Points along the Catmull-Rom spline through `points`. */
function smoothed(points, steps = 6) {
  const at = (i) => points[Math.min(points.length - 1, Math.max(0, i))];
  const result = [points[0]];
  for (let i = 0; i + 1 < points.length; i++) {
    const [a, b, c, d] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    for (let step = 1; step <= steps; step++) {
      const t = step / steps;
      result.push(
        [0, 1].map(
          (k) =>
            b[k] +
            (t / 2) *
              (c[k] -
                a[k] +
                t * (2 * a[k] - 5 * b[k] + 4 * c[k] - d[k] + t * (3 * (b[k] - c[k]) + d[k] - a[k]))),
        ),
      );
    }
  }
  return result;
}

function segmentsOf(points) {
  return points
    .slice(1)
    .map(([x, y], i) => ({ x: points[i][0], y: points[i][1], dx: x - points[i][0], dy: y - points[i][1] }));
}

function distanceTo(segments, x, y) {
  let nearest = Number.POSITIVE_INFINITY;
  for (const { x: startX, y: startY, dx, dy } of segments) {
    const along = ((x - startX) * dx + (y - startY) * dy) / (dx * dx + dy * dy || 1);
    const t = Math.min(1, Math.max(0, along));
    const awayX = x - startX - t * dx;
    const awayY = y - startY - t * dy;
    nearest = Math.min(nearest, awayX * awayX + awayY * awayY);
  }
  return Math.sqrt(nearest);
}

/** Random numbers that are a function of the address and of how many were drawn before (SplitMix32). */
export function randomStream(...address) {
  let state = address.reduce((key, part) => mixed((key + mixed(part + 0x9e3779b9)) | 0), 0);
  const uniform = () => {
    state = (state + 0x9e3779b9) | 0;
    return mixed(state) / 2 ** 32;
  };
  return {
    uniform,
    between: (low, high) => low + (high - low) * uniform(),
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}

function mixed(value) {
  let bits = value | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad);
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
  return (bits ^ (bits >>> 15)) >>> 0;
}

async function isComplete(target, manifest, perClass) {
  if ((await readManifest(target)) !== manifest) return false;
  for (const digit of glyphs.keys()) {
    const files = await readdir(join(target, `${digit}`)).catch(() => []);
    if (files.length !== perClass) return false;
  }
  return true;
}

async function readManifest(target) {
  return readFile(join(target, manifestName), "utf8").catch(() => undefined);
}

/** A folder that was not drawn here is somebody's work: it is never replaced. */
async function refuseForeign(target) {
  const files = await readdir(target).catch((error) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  if (files.length === 0 || (await readManifest(target))?.includes('"drawnBy":"draw-digits"')) return;
  throw new Error(`${target} holds other files; name another folder for the digits, or remove it`);
}

/** Two processes may draw at once: whoever comes second leaves the complete set alone, which may be in use. */
async function putInPlace(draft, target, manifest, perClass) {
  if (await isComplete(target, manifest, perClass)) return;
  await rm(target, { recursive: true, force: true });
  try {
    await rename(draft, target);
  } catch (error) {
    if (!(await isComplete(target, manifest, perClass))) throw error;
  }
}
