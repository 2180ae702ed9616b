/** Caches on disk among real processes, real kills, damaged files and full disks: never a wrong sample. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { cached, type Dataset, type Logger } from "@millrace/core";
import type { DiskCacheOptions } from "@millrace/core/dataloader";
import { randomAt } from "@millrace/core/dataloader";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Picture, pictures } from "./fixtures/cached.mjs";

const script = fileURLToPath(new URL("./fixtures/cache-process.mjs", import.meta.url));
let above: string;
let folder: string;
let warned: string[];
let informed: string[];
const open: Dataset<Picture>[] = [];

beforeEach(async () => {
  above = await mkdtemp(join(tmpdir(), "millrace-disk-"));
  folder = join(above, "caches");
  [warned, informed] = [[], []];
});
afterEach(async () => {
  for (const dataset of open.splice(0)) await dataset.close?.();
  await rm(above, { recursive: true });
});

const counts = (length: number): Int32Array => new Int32Array(new SharedArrayBuffer(length * 4));
const logger: Logger = {
  debug: () => undefined,
  info: (_fields, message) => void informed.push(message),
  warn: (_fields, message) => void warned.push(message),
  error: () => undefined,
};

async function openCache(
  length: number,
  made = counts(length),
  side = 16,
  options: Partial<DiskCacheOptions> = {},
): Promise<Dataset<Picture>> {
  const dataset = pictures(length, made, side, side);
  open.push(await cached(dataset, { in: "disk", folder, logger, ...options }));
  return open[open.length - 1];
}

/** How many samples are made when all are read; each must be right. */
async function madeByReading(
  length: number,
  side = 16,
  options: Partial<DiskCacheOptions> = {},
): Promise<number> {
  const made = counts(length);
  const dataset = await openCache(length, made, side, options);
  const plain = pictures(length, counts(length), side, side);
  const wrong: number[] = [];
  for (let index = 0; index < length; index++) {
    if (textOf(await dataset.get(index, { epoch: 0 })) !== textOf(await plain.get(index, { epoch: 0 }))) {
      wrong.push(index);
    }
  }
  expect(wrong).toEqual([]);
  return made.reduce((sum, count) => sum + count, 0);
}

const textOf = ({ image, ...rest }: Picture): string =>
  `${image.dtype} ${image.shape.join()} ${Buffer.from(image.data).toString("latin1")} ${JSON.stringify(rest)}`;

function start(length: number, side: number, epochs = 1, from = 0): ChildProcess {
  return fork(script, [folder, length, side, epochs, from].map(String));
}

const keyFolder = (): string => {
  const [key] = readdirSync(folder).filter((name) => /^[0-9a-f]{32}$/.test(name));
  return join(folder, key);
};
const filesOf = (ending: string): string[] =>
  readdirSync(keyFolder())
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(keyFolder(), name));

describe("a cache on disk", () => {
  it("serves later runs: nothing is made twice", async () => {
    expect(await madeByReading(40)).toBe(40);
    expect(await madeByReading(40)).toBe(0);
    expect(informed.at(-1)).toMatch(/ holds 40 of 40 samples in \d+ KB$/);
    expect(readFileSync(join(folder, ".gitignore"), "utf8")).toBe("*\n");
    const about = JSON.parse(readFileSync(join(keyFolder(), "about.json"), "utf8")) as object;
    expect(about).toMatchObject({ fingerprint: "pictures 40 16 16", samples: 40 });
  });

  it("is filled by two processes at once, and is right and whole afterwards", async () => {
    const processes = [start(200, 48), start(200, 48, 1, 100)];
    const codes = await Promise.all(
      processes.map(async (child) => (await once(child, "exit"))[0] as unknown),
    );
    expect(codes).toEqual([0, 0]);
    expect(await madeByReading(200, 48)).toBe(0);
    expect(warned).toEqual([]);
  });

  it("never gives a wrong sample after kill -9 at any point, and keeps what was whole", async () => {
    const [length, side] = [300, 128];
    let left = length;
    for (let round = 0; left > 0 && round < 12; round++) {
      const child = start(length, side);
      await once(child, "message");
      await setTimeout(randomAt(1, 0, round).uniform() * 40);
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      const dataset = await openCache(length, counts(length), side);
      expect(warned).toEqual([]);
      await dataset.close?.();
      left = length - Number(/ holds (\d+) of/.exec(informed.at(-1) ?? "")?.[1]);
    }
    expect(await madeByReading(length, side)).toBe(left);
    expect(await madeByReading(length, side)).toBe(0);
    expect(warned).toEqual([]);
  });

  it("makes samples again whose records were cut off, at whatever byte", async () => {
    await madeByReading(30);
    await open.pop()?.close?.();
    for (const ending of [".data", ".index"]) {
      const [file] = filesOf(ending);
      const size = statSync(file).size;
      copyFileSync(file, join(above, "whole"));
      for (let i = 0; i < 12; i++) {
        for (const later of filesOf("").filter(
          (name) => !name.startsWith(file.replace(/\.\w+$/, "")) && !name.endsWith("about.json"),
        ))
          await rm(later);
        copyFileSync(join(above, "whole"), file);
        truncateSync(file, Math.floor(randomAt(2, 0, i).uniform() * size));
        const made = await madeByReading(30);
        expect(made).toBeGreaterThan(0);
        await open.pop()?.close?.();
        expect(await madeByReading(30)).toBe(0);
        await open.pop()?.close?.();
      }
      copyFileSync(join(above, "whole"), file);
    }
  });

  it("makes damaged samples again, says which, and has them right in the next run", async () => {
    await madeByReading(30);
    await open.pop()?.close?.();
    const originals = [".data", ".index"].map((ending) => {
      const [file] = filesOf(ending);
      return { file, bytes: readFileSync(file) };
    });
    for (let i = 0; i < 24; i++) {
      const random = randomAt(3, 0, i);
      const { file, bytes } = originals[i % 2];
      const spoilt = Buffer.from(bytes);
      for (let k = 0; k < 1 + (i % 5); k++) spoilt[random.integer(bytes.length)] ^= 1 + random.integer(255);
      writeFileSync(file, spoilt);
      warned.length = 0;
      const made = await madeByReading(30);
      await open.pop()?.close?.();
      expect(made === 0 || warned.length > 0).toBe(true);
      expect(await madeByReading(30)).toBe(0);
      await open.pop()?.close?.();
      for (const name of filesOf("").filter((name) => !name.endsWith("about.json"))) {
        if (!originals.some((original) => original.file === name)) await rm(name);
      }
      writeFileSync(file, bytes);
    }
    const { file, bytes } = originals[0];
    const spoilt = Buffer.from(bytes);
    spoilt[100] ^= 1;
    writeFileSync(file, spoilt);
    warned.length = 0;
    expect(await madeByReading(30)).toBe(1);
    expect(warned).toEqual([
      `sample 0 in the cache file ${file} cannot be used: its checksum is wrong. It is made again`,
    ]);
  });

  it("names the first damaged records only", async () => {
    await madeByReading(30);
    await open.pop()?.close?.();
    const [file] = filesOf(".data");
    writeFileSync(file, Buffer.alloc(statSync(file).size));
    expect(await madeByReading(30)).toBe(30);
    expect(warned).toHaveLength(5);
    expect(warned[4]).toMatch(/Further ones are not named$/);
    expect(await madeByReading(30)).toBe(0);
  });

  it("goes on without where its folder cannot be made", async () => {
    writeFileSync(join(above, "file"), "");
    expect(await madeByReading(5, 16, { folder: join(above, "file", "cache") })).toBe(5);
    expect(warned).toHaveLength(1);
    expect(warned[0]).toMatch(/^the cache in .* cannot be opened: .*ENOTDIR.*\. Samples are made each time$/);
  });

  it.skipIf(!existsSync("/dev/full"))(
    "goes on without where the disk is full, and says so once",
    async () => {
      const made = counts(8);
      const dataset = await openCache(8, made);
      // What this run will write to: its segment's name is the time it was opened at, so any later name does as well.
      const handle = (dataset as unknown as Record<symbol, () => { args: { segments: string[] }[] }>)[
        Symbol.for("millrace.recipe")
      ]();
      const [own] = handle.args[1].segments.slice(-1);
      symlinkSync("/dev/full", join(keyFolder(), `${own}.data`));
      for (let i = 0; i < 16; i++) await dataset.get(i % 8, { epoch: 0 });
      expect([...made]).toEqual(new Array(8).fill(2));
      expect(warned).toHaveLength(1);
      expect(warned[0]).toMatch(
        /cannot be written to: ENOSPC.* It holds 0 of 8 samples in .*; the others are made each time$/,
      );
    },
  );

  it("removes the least recently used caches beyond maxTotalBytes, and those that read them go on", async () => {
    const reader = await openCache(20, counts(20), 17);
    for (let i = 0; i < 20; i++) await reader.get(i, { epoch: 0 });
    const [first] = readdirSync(folder).filter((name) => /^[0-9a-f]{32}$/.test(name));
    utimesSync(join(folder, first, "about.json"), 1, 1);
    await madeByReading(20, 18);
    expect(readdirSync(folder)).toContain(first);
    await openCache(20, counts(20), 19, { maxTotalBytes: 25_000 });
    expect(readdirSync(folder)).not.toContain(first);
    expect(
      informed.some((message) =>
        message.includes(`${first}, last used 1970-01-01T00:00:01.000Z, was removed`),
      ),
    ).toBe(true);
    const plain = pictures(20, counts(20), 17, 17);
    for (let i = 0; i < 20; i++) {
      expect(textOf(await reader.get(i, { epoch: 0 }))).toBe(textOf(await plain.get(i, { epoch: 0 })));
    }
    expect(readdirSync(folder).filter((name) => name.startsWith("evicted-"))).toEqual([]);
  });

  it("finishes the removal that a killed process began", async () => {
    mkdirSync(join(folder, "evicted-0123"), { recursive: true });
    writeFileSync(join(folder, "evicted-0123", "x.data"), "x");
    await openCache(2);
    expect(existsSync(join(folder, "evicted-0123"))).toBe(false);
  });

  it("drops a segment that holds nothing of its own, once nobody writes to it", async () => {
    await madeByReading(10);
    await open.pop()?.close?.();
    const [data, index] = [filesOf(".data")[0], filesOf(".index")[0]];
    const twin = (file: string): string => file.replace(/[^/\\]*(?=\.\w+$)/, "000000000-twin");
    copyFileSync(data, twin(data));
    copyFileSync(index, twin(index));
    await openCache(10);
    expect(existsSync(twin(index))).toBe(true);
    utimesSync(twin(data), 1, 1);
    await openCache(10);
    expect(existsSync(twin(index)) || existsSync(twin(data))).toBe(false);
    expect(await madeByReading(10)).toBe(0);
  });

  it("keeps its files few: what many runs left in small ones is put together", async () => {
    for (let i = 0; i < 40; i++) {
      const dataset = await openCache(40);
      await dataset.get(i, { epoch: 0 });
      await open.pop()?.close?.();
    }
    expect(filesOf(".data")).toHaveLength(40);
    for (const file of filesOf(".data")) utimesSync(file, 1, 1);
    expect(await madeByReading(40)).toBe(0);
    expect(filesOf(".data").length).toBeLessThan(20);
    expect(filesOf(".index")).toHaveLength(filesOf(".data").length);
    expect(await madeByReading(40)).toBe(0);
    expect(warned).toEqual([]);
  });
});
