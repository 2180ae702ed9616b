/** What an export says of pictures, in Node and in a browser, beside what `millrace predict` says of the same files. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { chromium } from "playwright-core";
import sharp, { type Sharp } from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { newFolder } from "./support/cli.js";
import { millraceHere as millrace } from "./support/host.js";

const chromePath = [process.env.CHROME_PATH, "/usr/bin/chromium", "/usr/bin/chromium-browser"].find(
  (path) => path !== undefined && existsSync(path),
);

type Shares = Readonly<Record<string, number>>;

/** Decoders of JPEG differ by a level here and there, and a browser does not decode a large one smaller. */
const ofJpeg = 0.03;
/** float32 in two programs. */
const exactly = 1e-5;

let folder: string;
const model = () => join(folder, "model");

beforeAll(async () => {
  folder = await newFolder();
  await drawClasses();
  await drawPictures();
  const spec = {
    seed: 1,
    source: { use: "image-folder", with: { root: "classes", background: "#203040", decoder: "sharp" } },
    split: { train: 0.8, validation: 0.2 },
    transforms: [
      { use: "resize", with: { width: 24, height: 16, fit: "cover", kernel: "cubic" } },
      { use: "center-crop", with: { size: [14, 30] } },
      { use: "random-horizontal-flip", only: "train" },
      { use: "normalize", with: { mean: [0.485, 0.456, 0.406], std: 0.25 } },
    ],
    loader: { batchSize: 8, shuffle: true },
    model: {
      use: "layers",
      with: {
        layers: [{ type: "flatten" }, { type: "dense", units: 3 }],
      },
    },
    trainer: { use: "tfjs", with: { device: "cpu", epochs: 3 } },
  };
  await writeFile(join(folder, "spec.json"), JSON.stringify(spec));
  for (const words of [
    ["run", "spec.json", "--out", "run"],
    ["export", "run", "--to", "model"],
    ["predict", "run", "pictures", "--out", "own.jsonl"],
  ]) {
    const { code, stderr } = await millrace(words, folder);
    if (code !== 0) throw new Error(`${words[0]}: ${stderr}`);
  }
}, 120_000);

describe("an exported model asked about pictures", () => {
  it("has a program for Node that answers as predict does", async () => {
    await install(model());
    const own = await ownAnswers();
    expect(own.size).toBe(20);
    // One process for all: the program reads what it is asked from the command line.
    const program = `for (const file of ${JSON.stringify([...own.keys()])}) {
      process.argv[2] = file;
      await import(${JSON.stringify(`${pathToFileURL(join(model(), "predict.mjs")).href}?`)} + encodeURIComponent(file));
    }`;
    const words = ["--input-type=module", "-e", program, "program"];
    const { stdout } = await promisify(execFile)(process.execPath, words, { cwd: folder });
    const answers = stdout.split("\n").filter((line) => line.startsWith("{"));
    for (const [i, [file, expected]] of [...own].entries())
      compare(file, JSON.parse(answers[i]) as Shares, expected, exactly);
  }, 240_000);

  it.skipIf(chromePath === undefined)(
    "has a page that answers as predict does (needs Chromium)",
    async () => {
      const server = await serve(model());
      const flags = ["--no-sandbox", "--enable-unsafe-swiftshader"];
      const browser = await chromium.launch({ executablePath: chromePath, args: flags });
      try {
        const page = await browser.newPage();
        const heard: string[] = [];
        page.on("pageerror", (error) => heard.push(String(error)));
        page.on("console", (message) => heard.push(message.text()));
        await page.route(/cdn\.jsdelivr\.net/, async (route) =>
          route.fulfill({ contentType: "text/javascript", body: await browserTfjs() }),
        );
        await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/predict.html`);
        const own = await ownAnswers();
        expect(own.size).toBe(20);
        // A person cannot choose a file before the model is there; this driver could.
        await page.waitForSelector("#input:enabled", { timeout: 120_000 });
        for (const [file, expected] of own) {
          await page.setInputFiles("#input", join(folder, file));
          const isTold = 'document.getElementById("answer").textContent !== ""';
          await page
            .waitForFunction(isTold, undefined, { timeout: 60_000, polling: 50 })
            .catch((error: unknown) => {
              throw new Error(`${file}: nothing was answered\n${heard.join("\n")}`, { cause: error });
            });
          const told = (await page.textContent("#answer")) ?? "";
          if (!told.startsWith("{")) throw new Error(`${file}: ${told}`);
          compare(file, JSON.parse(told) as Shares, expected, file.endsWith(".jpg") ? ofJpeg : exactly);
        }
      } finally {
        await browser.close();
        server.close();
      }
    },
    240_000,
  );

  it("has no program where no program can do what the run does, and says so", async () => {
    const spec = JSON.parse(await readFile(join(folder, "spec.json"), "utf8")) as { transforms: object[] };
    const transforms = [spec.transforms[0], { use: "random-affine", with: { degrees: 5 } }];
    await writeFile(join(folder, "affine.json"), JSON.stringify({ ...spec, transforms }));
    await millrace(["run", "affine.json", "--out", "affine", "--set", "trainer.with.epochs=1"], folder);
    const { code, stdout } = await millrace(["export", "affine", "--to", "affine-model"], folder);
    expect(code).toBe(0);
    expect(stdout).toContain(
      'left out: predict.mjs, predict.html: the transform "random-affine" cannot be written as a program; the transforms that can are resize, grayscale, center-crop and normalize, by stated numbers and without masks',
    );
    expect(existsSync(join(folder, "affine-model", "predict.mjs"))).toBe(false);
    expect(existsSync(join(folder, "affine-model", "tfjs-layers", "model.json"))).toBe(true);
  }, 120_000);
});

function compare(file: string, answer: Shares, expected: Shares, tolerance: number): void {
  expect(Object.keys(answer).sort()).toEqual(Object.keys(expected).sort());
  for (const [label, share] of Object.entries(expected)) {
    const difference = Math.abs(answer[label] - share);
    expect(difference, `${file}: ${label} ${answer[label]}, predict says ${share}`).toBeLessThan(tolerance);
  }
}

async function ownAnswers(): Promise<Map<string, Shares>> {
  const lines = (await readFile(join(folder, "own.jsonl"), "utf8")).trimEnd().split("\n");
  const rows = lines.map((line) => JSON.parse(line) as { input: string; probabilities: Shares });
  return new Map(rows.map(({ input, probabilities }) => [input, probabilities]));
}

/** Three kinds of pictures: a disc, a square, stripes. */
async function drawClasses(): Promise<void> {
  const shapes = {
    disc: (x: number) => `<circle cx="${x}" cy="30" r="20" fill="#fe2"/>`,
    square: (x: number) => `<rect x="${x}" y="10" width="40" height="40" fill="#fe2"/>`,
    stripes: (x: number) =>
      [0, 1, 2, 3].map((i) => `<rect x="${x - 30 + 16 * i}" width="6" height="60" fill="#fe2"/>`).join(""),
  };
  for (const [name, shape] of Object.entries(shapes)) {
    await mkdir(join(folder, "classes", name), { recursive: true });
    for (let i = 0; i < 8; i++) {
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="90" height="60"><rect width="90" height="60" fill="#456"/>${shape(30 + 3 * i)}</svg>`;
      await sharp(Buffer.from(svg))
        .flatten({ background: "#fff" })
        .png()
        .toFile(join(folder, "classes", name, `${i}.png`));
    }
  }
}

/** 20 pictures: large and small ones, gray ones, noise, all degrees of transparency, photos that lie on their side. */
async function drawPictures(): Promise<void> {
  await mkdir(join(folder, "pictures"));
  const to = (name: string) => join(folder, "pictures", name);
  for (const [width, height] of [
    [24, 16],
    [48, 32],
    [10, 9],
    [1200, 801],
    [333, 217],
    [64, 500],
  ]) {
    await noise(width, height, 3)
      .png()
      .toFile(to(`noise-${width}x${height}.png`));
    await smooth(width, height)
      .jpeg({ quality: 95 })
      .toFile(to(`smooth-${width}x${height}.jpg`));
  }
  await noise(200, 120, 4).png().toFile(to("transparent.png"));
  await noise(24, 16, 4).png().toFile(to("transparent-small.png"));
  await noise(100, 70, 1).toColourspace("b-w").png().toFile(to("gray.png"));
  await smooth(100, 70).grayscale().jpeg().toFile(to("gray.jpg"));
  await noise(90, 60, 3).png({ palette: true, colours: 16 }).toFile(to("palette.png"));
  for (const orientation of [3, 6, 8])
    await smooth(320, 200)
      .withMetadata({ orientation })
      .jpeg()
      .toFile(to(`turned-${orientation}.jpg`));
}

function noise(width: number, height: number, channels: 1 | 3 | 4): Sharp {
  let state = width * 31 + height;
  const next = () => (state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff) >> 16;
  const data = Uint8Array.from({ length: width * height * channels }, () => next() & 255);
  return sharp(data, { raw: { width, height, channels } });
}

function smooth(width: number, height: number): Sharp {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    return 127 + 100 * Math.sin((i % 3) + (6 * x) / width) * Math.cos((5 * y) / height);
  });
  return sharp(data, { raw: { width, height, channels: 3 } });
}

const tfjsParts = ["tfjs-core", "tfjs-layers", "tfjs-backend-cpu"];
const trainerRequire = createRequire(import.meta.resolve("@millrace/trainer"));
const folderOf = (name: string) => dirname(trainerRequire.resolve(`@tensorflow/${name}/package.json`));

/** What `npm install @tensorflow/tfjs sharp` would give: the same parts, as far as they are installed here. */
async function install(to: string): Promise<void> {
  const modules = join(to, "node_modules");
  await mkdir(join(modules, "@tensorflow", "tfjs"), { recursive: true });
  for (const name of tfjsParts) await symlink(folderOf(name), join(modules, "@tensorflow", name));
  const sharpFolder = join(dirname(createRequire(import.meta.url).resolve("sharp")), "..");
  await symlink(sharpFolder, join(modules, "sharp"));
  await writeFile(
    join(modules, "@tensorflow", "tfjs", "index.mjs"),
    'import "@tensorflow/tfjs-backend-cpu";\nexport * from "@tensorflow/tfjs-core";\nexport * from "@tensorflow/tfjs-layers";\n',
  );
  await writeFile(join(modules, "@tensorflow", "tfjs", "package.json"), '{ "main": "index.mjs" }');
}

/** What the page loads from the network, of the same parts. */
async function browserTfjs(): Promise<string> {
  const bundles = tfjsParts.map((name) =>
    join(folderOf(name), "dist", `${name.replace("tfjs", "tf")}.min.js`),
  );
  return (await Promise.all(bundles.map((path) => readFile(path, "utf8")))).join("\n;\n");
}

const types: Readonly<Record<string, string>> = {
  html: "text/html",
  mjs: "text/javascript",
  json: "application/json",
};

function serve(root: string): Promise<Server> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    readFile(join(root, path)).then(
      (content) => {
        response.setHeader("content-type", types[path.split(".").at(-1) ?? ""] ?? "application/octet-stream");
        response.end(content);
      },
      () => response.writeHead(404).end(),
    );
  });
  return new Promise((resolve) => server.listen(0, () => resolve(server)));
}
