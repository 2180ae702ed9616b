import { execFile } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { findLibvips } from "../src/images/jpeg/libvips.js";
import { findTurboJpeg } from "../src/images/jpeg/turbojpeg.js";
import { encoded, type Folder, gradient, temporaryFolder } from "./support.js";

interface Answer {
  readonly images: readonly { readonly shape: readonly number[]; readonly digest: string }[];
  readonly lines: readonly string[];
  readonly code?: string;
  readonly message?: string;
  readonly hint?: string;
}
interface Work {
  readonly root: string;
  readonly decoder?: string;
  readonly resize?: object;
}

const script = new URL("./decode-in-thread.mjs", import.meta.url);
const turbo = findTurboJpeg();
const isThere = "library" in turbo;
const hasLibvips = "library" in findLibvips();
const resize = { width: 50, height: 40, fit: "fill", kernel: "linear" };
let folder: Folder;
let root: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  root = join(folder.path, "photos");
  for (let i = 0; i < 6; i++) {
    const raw = { width: 240 + i, height: 200, channels: 3 } as const;
    const image = sharp(gradient(raw.width, raw.height, 3), { raw });
    await folder.write(`photos/a/${i}.jpg`, await image.jpeg({ progressive: i % 2 === 0 }).toBuffer());
  }
  await folder.write(
    "photos/a/turned.jpg",
    await sharp(gradient(9, 7, 3), { raw: { width: 9, height: 7, channels: 3 } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer(),
  );
  await folder.write("photos/b/1.png", await encoded("png", 60, 50));
  await folder.write("drawings/a/1.png", await encoded("png", 6, 5));
});

async function inWorker(work: Work): Promise<Answer> {
  const worker = new Worker(script, { workerData: work });
  const [answer] = (await once(worker, "message")) as [Answer];
  await once(worker, "exit");
  return answer;
}

/** What a process is to be without, and what makes it so. */
const hiding = {
  nothing: "",
  koffi: `if (name === "koffi") throw new Error("Cannot find module 'koffi'");`,
  turbojpeg: `if (name === "koffi") {
    const koffi = load(name, ...rest);
    const open = (path) => { if (/turbojpeg|jpeg-turbo/.test(path)) throw new Error("no such file"); return koffi.load(path); };
    return { ...koffi, load: open };
  }`,
};

async function inProcess(work: Work, without: keyof typeof hiding): Promise<Answer> {
  const block = await folder.write(
    `without ${without}.cjs`,
    `const Module = require("node:module"); const load = Module._load;
     Module._load = (name, ...rest) => { ${hiding[without]} return load(name, ...rest); };`,
  );
  const flags = ["--require", block];
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...flags,
    fileURLToPath(script),
    JSON.stringify(work),
  ]);
  return JSON.parse(stdout) as Answer;
}

describe("image-folder's decoder", () => {
  it("makes the same pixels in a worker, at once, as in the main thread, aside", async () => {
    const work = { root, decoder: "auto", resize };
    expect((await inWorker(work)).images).toEqual((await inProcess(work, "nothing")).images);
  });

  it("is sharp where koffi is missing, which the log says once with the command that adds it", async () => {
    const { images, lines } = await inProcess({ root, resize }, "koffi");
    expect(images).toHaveLength(16);
    expect(lines).toEqual([
      expect.stringMatching(
        /^JPEG files are decoded by sharp: koffi cannot be loaded .*; several times faster after `npm install koffi`$/,
      ),
    ]);
    expect(images).toEqual((await inWorker({ root, resize, decoder: "sharp" })).images);
  });

  it("is an error with that command where turbojpeg is asked for and missing", async () => {
    const { code, message, hint } = await inProcess({ root, decoder: "turbojpeg" }, "koffi");
    expect([code, message]).toEqual([
      "PACKAGE_MISSING",
      expect.stringContaining('decoder "turbojpeg" is not there: koffi'),
    ]);
    expect(hint).toBe('Run `npm install koffi`, or set `decoder` to "sharp".');
  });

  it.skipIf(!hasLibvips)(
    "is sharp's own libvips where there is no libjpeg-turbo, with its pixels",
    async () => {
      const { images, lines } = await inProcess({ root, resize }, "turbojpeg");
      expect(lines).toEqual([
        expect.stringMatching(
          /^JPEG files are decoded by libvips: sharp has it .*; neither the system nor the package .*; faster still after `.+`$/,
        ),
      ]);
      const named = await inWorker({ root, resize, decoder: "libvips" });
      expect([named.lines, named.images]).toEqual([[], images]);
      const likely = isThere ? "turbojpeg" : "libvips";
      expect((await inWorker({ root, resize, decoder: likely })).images).toEqual(images);
    },
  );

  it("is an error with a command where libvips is asked for and cannot be called", async () => {
    const { code, hint } = await inProcess({ root, decoder: "libvips" }, "koffi");
    expect([code, hint]).toEqual([
      "PACKAGE_MISSING",
      'Run `npm install koffi`, or set `decoder` to "sharp".',
    ]);
  });

  it("is not looked for, nor spoken of, where there are no JPEG files", async () => {
    expect((await inProcess({ root: join(folder.path, "drawings") }, "koffi")).lines).toEqual([]);
  });

  it.skipIf(!isThere)("is libjpeg-turbo where that is there, which the log says once", async () => {
    const { lines } = await inProcess({ root }, "nothing");
    expect(lines).toEqual([
      expect.stringMatching(/^JPEG files are decoded by turbojpeg: the (system|package .+) has it/),
    ]);
    const named = await inWorker({ root, decoder: "turbojpeg" });
    expect([named.lines, named.images.length]).toEqual([[], 8]);
  });
});
