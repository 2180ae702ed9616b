/** Sounds that Python has written, by fixtures/write-sounds.py: the same frames; windows of them; other rates. */
import { readFileSync } from "node:fs";
import { copyFile, mkdir, readFile, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Dataset, NdArray } from "@millrace/core";
import { beforeAll, describe, expect, it } from "vitest";
import type { WavSample } from "../src/sources/wav.js";
import {
  epoch,
  failureOf,
  type Folder,
  makeTransform,
  openSource,
  reopened,
  temporaryFolder,
  transformContext,
} from "./support.js";

interface Recorded {
  readonly file: string;
  readonly rate: number;
  readonly shape: readonly [frames: number, channels: number];
  readonly values: readonly number[];
}

const baseUrl = new URL("fixtures/sounds/", import.meta.url);
const recorded = readFileSync(new URL("values.jsonl", baseUrl), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Recorded);

async function soundAt(dataset: Dataset<WavSample>, index: number): Promise<NdArray> {
  return (await dataset.get(index, epoch)).samples.materialize();
}

/** A file of 16 bits. */
function wav(rate: number, frames: Float32Array, channels = 1): Buffer {
  const data = Buffer.alloc(frames.length * 2);
  for (const [i, value] of frames.entries()) data.writeInt16LE(Math.round(value * 32767), 2 * i);
  const head = Buffer.alloc(44);
  for (const [at, text] of [
    [0, "RIFF"],
    [8, "WAVEfmt "],
    [36, "data"],
  ] as const)
    head.write(text, at, "latin1");
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(16, 34);
  head.writeUInt32LE(36 + data.length, 4);
  head.writeUInt16LE(channels, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * 2 * channels, 28);
  head.writeUInt16LE(2 * channels, 32);
  head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
}

const tone = (rate: number, seconds: number, hertz = 440): Float32Array =>
  Float32Array.from({ length: rate * seconds }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hertz * i) / rate));

function mostApart(values: ArrayLike<number>, others: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i] - others[i]));
  return most;
}

let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
});

describe("frames have the values of their writer", () => {
  it.each(recorded)("$file", async ({ file, rate, shape, values }) => {
    const [frames, channels] = shape;
    const whole = await openSource<WavSample>("wav", { path: file, mono: false }, baseUrl);
    expect([whole.length, whole.key?.(0), whole.facts?.sampleRate]).toEqual([1, file, rate]);
    expect(await soundAt(whole, 0)).toEqual({ dtype: "float32", shape, data: Float32Array.from(values) });
    const mono = await openSource<WavSample>("wav", { path: file }, baseUrl);
    const means = Array.from({ length: frames }, (_, i) => {
      const own = values.slice(i * channels, (i + 1) * channels);
      return own.reduce((sum, value) => sum + value, 0) / channels;
    });
    expect(await soundAt(mono, 0)).toEqual({
      dtype: "float32",
      shape: [frames],
      data: Float32Array.from(means),
    });
  });
});

describe("windows", () => {
  const values = Float32Array.from({ length: 100 }, (_, i) => i / 128);
  const written = Float32Array.from(values, (value) => Math.round(value * 32767) / 32768);

  it("are of one length, from the start or the middle, with zeros behind the end", async () => {
    await folder.write("long.wav", wav(100, values));
    await folder.write("short.wav", wav(100, values.subarray(0, 7)));
    const open = (offset: string) =>
      openSource<WavSample>("wav", { path: ["long.wav", "short.wav"], seconds: 0.1, offset }, folder.baseUrl);
    const [start, center] = [await open("start"), await open("center")];
    expect(start.fields).toEqual({ samples: { type: "float32", shape: [10] } });
    expect((await soundAt(start, 0)).data).toEqual(written.slice(0, 10));
    expect((await soundAt(center, 0)).data).toEqual(written.slice(45, 55));
    for (const each of [start, center])
      expect([...(await soundAt(each, 1)).data]).toEqual([...written.slice(0, 7), 0, 0, 0]);
  });

  it("are moved at random by random-window, each place as often, and the same for the same address", async () => {
    await folder.write("long.wav", wav(100, values));
    const dataset = await openSource<WavSample>("wav", { path: "long.wav", seconds: 0.97 }, folder.baseUrl);
    const move = await makeTransform("random-window");
    const startsAt = async (seed: number): Promise<number> => {
      const { samples } = (await move(await dataset.get(0, epoch), transformContext(seed))) as WavSample;
      const { data } = await samples.materialize();
      expect(data).toHaveLength(97);
      return written.indexOf(data[0]);
    };
    const starts = await Promise.all(Array.from({ length: 400 }, (_, seed) => startsAt(seed)));
    const counts = [0, 1, 2, 3].map((place) => starts.filter((start) => start === place).length);
    expect(counts.reduce((sum, count) => sum + count)).toBe(400);
    for (const count of counts) expect(count).toBeGreaterThan(70);
    expect(await startsAt(3)).toBe(await startsAt(3));
  });

  it("are cut out of arrays by random-window, along the first axis", async () => {
    const cut = await makeTransform("random-window", { key: "x", length: 3 });
    const x = { dtype: "int32", shape: [5, 2], data: Int32Array.from({ length: 10 }, (_, i) => i) };
    const found = (await cut({ x }, transformContext(1))) as { x: NdArray };
    expect(found.x.shape).toEqual([3, 2]);
    expect([...found.x.data].map((value) => value - found.x.data[0])).toEqual([0, 1, 2, 3, 4, 5]);
    const short = { dtype: "int32", shape: [1, 2], data: Int32Array.of(8, 9) };
    expect(((await cut({ x: short }, transformContext(1))) as { x: NdArray }).x.data).toEqual(
      Int32Array.of(8, 9, 0, 0, 0, 0),
    );
    const bare = await makeTransform("random-window", { key: "x" });
    const error = await failureOf(() => bare({ x }, transformContext(1)));
    expect([error.code, error.hint]).toEqual(["TRANSFORM_INPUT", expect.stringContaining("`length`")]);
  });
});

describe("one folder per class", () => {
  it("gives labels, and what most files have: rate and channels", async () => {
    for (const [name, sound] of [
      ["low/1.wav", wav(8000, tone(8000, 0.1, 200))],
      ["low/2.WAV", wav(8000, tone(8000, 0.1, 210))],
      ["high/a/3.wav", wav(8000, tone(8000, 0.1, 900))],
      ["high/readme.txt", Buffer.from("x")],
    ] as const)
      await folder.write(`tones/${name}`, sound);
    const dataset = await openSource<WavSample>("wav", { root: "tones" }, folder.baseUrl);
    expect([0, 1, 2].map((index) => dataset.key?.(index))).toEqual([
      "high/a/3.wav",
      "low/1.wav",
      "low/2.WAV",
    ]);
    expect([dataset.column?.("label"), dataset.facts]).toEqual([
      Int32Array.of(0, 1, 1),
      {
        labels: ["high", "low"],
        sampleRate: 8000,
        fields: { samples: { type: "float32", shape: [800] }, label: { type: "int32" } },
      },
    ]);
    const worker = await reopened<WavSample>("wav", { root: "tones" }, folder.baseUrl, dataset);
    expect(await soundAt(worker, 2)).toEqual(await soundAt(dataset, 2));
    const none = await failureOf(async () => {
      await mkdir(new URL("tones/empty", folder.baseUrl));
      await openSource("wav", { root: "tones" }, folder.baseUrl);
    });
    expect(none.message).toContain("these hold none: empty");
    await rm(new URL("tones", folder.baseUrl), { recursive: true });
  });
});

describe("other rates", () => {
  it("become that of most files: a tone stays the tone, and a window is a part of the whole", async () => {
    const rates = [16_000, 16_000, 44_100, 8000, 11_025];
    for (const [i, rate] of rates.entries()) await folder.write(`rates/${i}.wav`, wav(rate, tone(rate, 2)));
    const whole = await openSource<WavSample>("wav", { path: "rates/*.wav" }, folder.baseUrl);
    expect([whole.facts?.sampleRate, whole.fields?.samples.shape]).toEqual([16_000, [null]]);
    const window = await openSource<WavSample>(
      "wav",
      { path: "rates/*.wav", seconds: 0.25, offset: "center" },
      folder.baseUrl,
    );
    const expected = tone(16_000, 2);
    for (const index of rates.keys()) {
      const { data } = await soundAt(whole, index);
      expect(data).toHaveLength(32_000);
      const middle = data.slice(14_000, 18_000);
      expect(mostApart(middle, expected.subarray(14_000))).toBeLessThan(2e-4);
      const part = (await soundAt(window, index)).data;
      expect(part).toHaveLength(4000);
      expect(mostApart(part, middle)).toBeLessThan(1e-5);
    }
  });

  it("are refused where they are further apart than a header in its right mind says", async () => {
    for (const [i, rate] of [8000, 8000, 2].entries())
      await folder.write(`odd/${i}.wav`, wav(rate, tone(8000, 1)));
    const dataset = await openSource<WavSample>("wav", { path: "odd/*.wav" }, folder.baseUrl);
    await expect(soundAt(dataset, 2)).rejects.toMatchObject({
      code: "FILE_FORMAT",
      message: expect.stringContaining("at most 256 times more or fewer frames a second") as string,
    });
  });

  it("of long sounds are made in pieces whose seams cannot be heard", async () => {
    await folder.write("minute.wav", wav(8000, tone(8000, 70)));
    const dataset = await openSource<WavSample>(
      "wav",
      { path: "minute.wav", sampleRate: 12_000 },
      folder.baseUrl,
    );
    const { data } = await soundAt(dataset, 0);
    const expected = tone(12_000, 70);
    expect(data).toHaveLength(expected.length);
    expect(mostApart(data.subarray(1000, -1000), expected.subarray(1000))).toBeLessThan(2e-4);
  });
});

describe("what cannot be read is refused by name", () => {
  const failed = async (name: string, content: Uint8Array): Promise<string> => {
    await folder.write(name, content);
    const error = await failureOf(() => openSource("wav", { path: name }, folder.baseUrl));
    return `${error.code} ${error.message}`;
  };

  it("other formats, and headers that lie", async () => {
    for (const [name, told] of [
      ["mu-law", "was µ-law"],
      ["mp3", "was MP3"],
    ]) {
      const error = await failureOf(() => openSource("wav", { path: `refused-${name}.wav` }, baseUrl));
      expect(error.message).toContain(told);
    }
    const whole = await readFile(new URL("pcm16-2.wav", baseUrl));
    const lie = (at: number, value: number, bytes: 2 | 4) => {
      const copy = Buffer.from(whole);
      copy.writeUIntLE(value, at, bytes);
      return failed("x.wav", copy);
    };
    expect(await lie(40, 0xffffffff, 4)).toContain("4294967295 bytes are stated and 92 there");
    const unfinished = Buffer.from(whole);
    unfinished.writeUInt32LE(36, 4);
    unfinished.writeUInt32LE(0, 40);
    expect(await failed("x.wav", unfinished)).toContain("0 bytes are stated and 92 there");
    expect(await lie(40, 91, 4)).toContain("must be whole frames of 4 bytes, but are 91");
    expect(await lie(16, 0xfffffff0, 4)).toContain('but "fmt " states');
    expect(await lie(22, 0, 2)).toContain("1 to 1024 channels, states 0");
    expect(await lie(24, 0, 4)).toContain("frames a second, states 0");
    expect(await failed("x.wav", whole.subarray(0, 60))).toContain("and 16 there");
    expect(await failed("x.wav", whole.subarray(0, 40))).toContain("no chunk of data");
    expect(await failed("x.wav", Buffer.from("RF64    WAVE"))).toContain("was RF64");
    expect(await failed("x.wav", Buffer.from("ID3"))).toContain("must start with RIFF and WAVE, was 494433");
    expect(await failed("x.wav", Buffer.alloc(0))).toContain("was empty");
  });

  it("one of several: it stays a sample that fails, and so does one of other channels", async () => {
    await folder.write("some/a.wav", "no sound");
    await copyFile(new URL("pcm16-2.wav", baseUrl), fileURLToPath(new URL("some/b.wav", folder.baseUrl)));
    await copyFile(new URL("pcm24-2.wav", baseUrl), fileURLToPath(new URL("some/c.wav", folder.baseUrl)));
    await copyFile(new URL("pcm8-1.wav", baseUrl), fileURLToPath(new URL("some/d.wav", folder.baseUrl)));
    const dataset = await openSource<WavSample>("wav", { path: "some/*.wav", mono: false }, folder.baseUrl);
    expect(dataset.length).toBe(4);
    expect((await soundAt(dataset, 2)).shape).toEqual([23, 2]);
    const faults = await Promise.all([0, 3].map((index) => failureOf(() => soundAt(dataset, index))));
    expect(faults.map(({ code, where }) => [code, where[0]])).toEqual([
      ["FILE_FORMAT", "some/a.wav"],
      ["FILE_FORMAT", "some/d.wav"],
    ]);
    await rm(new URL("some/b.wav", folder.baseUrl));
    expect((await failureOf(() => soundAt(dataset, 1))).code).toBe("FILE_NOT_FOUND");
  });
});
