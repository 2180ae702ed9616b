import { execFile } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
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

/** In a process where koffi cannot be found, if it is to be without. */
async function inProcess(work: Work, without: boolean): Promise<Answer> {
  const block = await folder.write(
    "block.cjs",
    `const Module = require("node:module"); const load = Module._load;
     Module._load = (name, ...rest) => { if (name === "koffi") throw new Error("Cannot find module 'koffi'"); return load(name, ...rest); };`,
  );
  const flags = without ? ["--require", block] : [];
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
    expect((await inWorker(work)).images).toEqual((await inProcess(work, false)).images);
  });

  it("is sharp where koffi is missing, which the log says once with the command that adds it", async () => {
    const { images, lines } = await inProcess({ root, resize }, true);
    expect(images).toHaveLength(16);
    expect(lines).toEqual([
      expect.stringMatching(
        /^JPEG files are decoded by sharp: koffi cannot be loaded .*; several times faster after `npm install koffi`$/,
      ),
    ]);
    expect(images).toEqual((await inWorker({ root, resize, decoder: "sharp" })).images);
  });

  it("is an error with that command where turbojpeg is asked for and missing", async () => {
    const { code, message, hint } = await inProcess({ root, decoder: "turbojpeg" }, true);
    expect([code, message]).toEqual([
      "PACKAGE_MISSING",
      expect.stringContaining('decoder "turbojpeg" is not there: koffi'),
    ]);
    expect(hint).toBe('Run `npm install koffi`, or set `decoder` to "sharp".');
  });

  it("is not looked for, nor spoken of, where there are no JPEG files", async () => {
    expect((await inProcess({ root: join(folder.path, "drawings") }, true)).lines).toEqual([]);
  });

  it.skipIf(!isThere)("is libjpeg-turbo where that is there, which the log says once", async () => {
    const { lines } = await inProcess({ root }, false);
    expect(lines).toEqual([
      expect.stringMatching(/^JPEG files are decoded by turbojpeg: the system has it \(.+\)$/),
    ]);
    const named = await inWorker({ root, decoder: "turbojpeg" });
    expect([named.lines, named.images.length]).toEqual([[], 8]);
  });
});
