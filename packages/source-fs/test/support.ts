/** What the suites share: a folder that goes away, plugins opened as the runner opens them, and random numbers. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  type Dataset,
  LoggerService,
  type MillraceError,
  type NdArray,
  type Plugin,
  type Random,
  type Transform,
  formsOf,
} from "@millrace/core";
import { Registry } from "@millrace/core/spec";
import sharp from "sharp";
import { afterAll } from "vitest";
import { findLibvips } from "../src/images/jpeg/libvips.js";
import { findTurboJpeg } from "../src/images/jpeg/turbojpeg.js";
import plugins from "../src/index.js";

/** What decodes JPEG files on this machine. */
export const decoders = [
  "sharp",
  ...("library" in findTurboJpeg() ? (["turbojpeg"] as const) : []),
  ...("library" in findLibvips() ? (["libvips"] as const) : []),
] as const;

export interface Folder {
  readonly path: string;
  readonly baseUrl: URL;
  /** Writes a file, with the folders above it, and returns its absolute path. */
  write(name: string, content: string | Uint8Array): Promise<string>;
}

const made: string[] = [];
// Said here, when the test file is collected: a hook that a running hook adds may be too late.
afterAll(() => Promise.all(made.map((path) => rm(path, { recursive: true, force: true }))));

/** A temporary folder for one suite. */
export async function temporaryFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), "millrace-source-fs-"));
  made.push(path);
  return {
    path,
    baseUrl: pathToFileURL(`${path}/`),
    async write(name, content) {
      const file = join(path, name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
      return file;
    },
  };
}

const registry = new Registry();
for (const plugin of plugins) registry.add(plugin);
const silent = { debug() {}, info() {}, warn() {}, error() {} };
registry.provide(LoggerService, silent);

function parsed(plugin: Plugin, options: unknown): unknown {
  return plugin.options.parse(options);
}

export async function openSource<S>(
  name: string,
  options: object,
  baseUrl: URL,
  labels?: readonly string[],
): Promise<Dataset<S>> {
  const context = { baseUrl, seed: 1, ...(labels && { facts: { labels } }) };
  return (await registry.create(
    "source",
    name,
    parsed(registry.get("source", name), options),
    context,
  )) as Dataset<S>;
}

/** The source as a worker opens it beside `first`: what crosses is copied as messages are. */
export async function reopened<S>(
  name: string,
  options: object,
  baseUrl: URL,
  first: Dataset<S>,
): Promise<Dataset<S>> {
  const context = { baseUrl, seed: 1, facts: first.facts, shared: structuredClone(first.share?.()) };
  return (await registry.create(
    "source",
    name,
    parsed(registry.get("source", name), options),
    context,
  )) as Dataset<S>;
}

export async function makeTransform(name: string, options: object = {}): Promise<Transform> {
  const context = { baseUrl: new URL("file:///"), seed: 1, facts: {}, fields: {}, fitted: undefined };
  const plugin = registry.get("transform", name);
  return formsOf(await registry.create("transform", name, parsed(plugin, options), context)).apply;
}

export const epoch = { epoch: 0 };

/** A transform's context whose random numbers are a function of `seed` (mulberry32). */
export function transformContext(seed = 1) {
  let state = seed | 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
  const random: Random = {
    uniform,
    between: (low, high) => low + (high - low) * uniform(),
    integer: (below) => Math.floor(uniform() * below),
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    chance: (probability) => uniform() < probability,
  };
  return { index: 0, epoch: 0, random };
}

/** Smooth colours, different everywhere, that survive JPEG. */
export function gradient(width: number, height: number, channels: 1 | 3 | 4): Uint8Array {
  const data = new Uint8Array(width * height * channels);
  for (let i = 0; i < data.length; i++) {
    const [x, y, c] = [Math.floor(i / channels) % width, Math.floor(i / channels / width), i % channels];
    data[i] = Math.round(127 + 120 * Math.sin(x / (5 + 2 * c) + c) * Math.cos(y / (7 + c)));
  }
  return data;
}

export function pixels(width: number, height: number, channels: 1 | 3 | 4): NdArray {
  return { dtype: "uint8", shape: [height, width, channels], data: gradient(width, height, channels) };
}

/** An encoded image of `gradient`. */
export function encoded(
  format: "png" | "jpeg" | "webp",
  width: number,
  height: number,
  channels: 1 | 3 | 4 = 3,
): Promise<Buffer> {
  const image = sharp(gradient(width, height, channels), { raw: { width, height, channels } });
  if (channels === 1) image.toColourspace("b-w");
  return image.toFormat(format).toBuffer();
}

/** The error that a promise or function ends with. */
export async function failureOf(action: () => unknown): Promise<MillraceError> {
  try {
    await action();
  } catch (error) {
    return error as MillraceError;
  }
  throw new Error("expected an error, but nothing was thrown");
}
