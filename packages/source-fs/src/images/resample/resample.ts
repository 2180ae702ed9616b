/** Resizes colour pixels with antialiasing, as Pillow does, in WebAssembly's memory: pixels are put there, then resized. */
import { moduleOf } from "./assembler.js";
import { mixColumns, mixRows, mostUnrolled } from "./row-loops.js";
import { type Memory, webAssembly } from "./web-assembly.js";
import { type Kernel, type Weights, weightsOf } from "./weights.js";

/** Where an image comes from and what it is to become; pixels are three bytes each. */
export interface Resize {
  readonly width: number;
  readonly height: number;
  /** Where the part that is resized begins, in pixels and their fractions; 0, if left out. */
  readonly left?: number;
  readonly top?: number;
  /** How much of width and height that part is; a fraction of the last pixel may be padding. All, if left out. */
  readonly extentX?: number;
  readonly extentY?: number;
  readonly toWidth: number;
  readonly toHeight: number;
  readonly kernel: Kernel;
  /** The part of the resized image that is wanted; all, if left out. */
  readonly window?: Window;
}

/** A rectangle inside an image, in pixels. */
export interface Window {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

type RowLoop = (...numbers: readonly [number, number, number, number, number, number]) => void;

interface Machine {
  readonly memory: Memory;
  readonly mixRows: RowLoop;
  /** By number of pairs; the first takes any. */
  readonly mixColumns: readonly RowLoop[];
}

const pageBytes = 65_536;
const channels = 3;
let code: Uint8Array | undefined;
let machine: Machine | undefined;

/** True where the processor and Node.js can do it: WebAssembly with vectors, which all but the oldest have. */
export function canResample(): boolean {
  return webAssembly?.validate(machineCode()) ?? false;
}

/**
 * `bytes` of memory for the pixels that `resample` is to read, row by row without gaps. It is this thread's only such
 * memory: fill it and call `resample` before anyone else asks.
 */
export function sourcePixels(bytes: number): Uint8Array {
  return new Uint8Array(reserve(bytes).memory.buffer, 0, bytes);
}

/**
 * Resizes the pixels that were put into `sourcePixels`; the result is [toHeight, toWidth, 3], or the window's size, in memory of its own. Rows
 * are mixed first, then the columns of each mixed row, in 14-bit weights with rounding at the end: within 1 of
 * Pillow's `resize`.
 */
export function resample(resize: Resize): Uint8Array<ArrayBuffer> {
  const { width, height, left = 0, top = 0, toWidth, toHeight, kernel } = resize;
  const { extentX = width - left, extentY = height - top } = resize;
  const window = resize.window ?? { left: 0, top: 0, width: toWidth, height: toHeight };
  const rows = knownWeights(height, top, extentY, toHeight, kernel);
  const columns = knownWeights(width, left, extentX, toWidth, kernel);
  const stride = width * channels;
  const first = Math.floor(top) * stride + Math.floor(left) * channels;
  const blocks = Math.ceil((pixelsOf(width, left, extentX) * channels) / 16);
  const place = placesFrom(0);
  // A position may have an odd number of rows, and a row an odd number of blocks: what is read beyond counts for nothing.
  const source = place(stride * (height + 1) + 16);
  const middle = place(blocks * 32 + columns.taps * channels * 2 + 16);
  const startsAt = place(columns.starts.byteLength);
  const columnsAt = place(columns.weights.byteLength);
  const rowsAt = place(rows.weights.byteLength);
  const size = window.width * window.height * channels;
  const target = place(size + 16);
  const { memory, mixRows, mixColumns } = reserve(place(0));
  const mixColumnsOf = mixColumns[columns.taps >> 1] ?? mixColumns[0];
  // In the row between, a channel has two bytes.
  const starts = new Int32Array(memory.buffer, startsAt, toWidth);
  for (let x = 0; x < toWidth; x++) starts[x] = columns.starts[x] * channels * 2;
  new Int16Array(memory.buffer, columnsAt, columns.weights.length).set(columns.weights);
  new Int16Array(memory.buffer, rowsAt, rows.weights.length).set(rows.weights);
  const [firstStart, firstWeights] = [startsAt + window.left * 4, columnsAt + window.left * columns.taps * 2];
  for (let line = 0; line < window.height; line++) {
    const y = window.top + line;
    const from = source + first + rows.starts[y] * stride;
    mixRows(middle, from, stride, rowsAt + y * rows.taps * 2, (rows.counts[y] + 1) >> 1, blocks);
    const to = target + line * window.width * channels;
    mixColumnsOf(to, middle, firstStart, firstWeights, columns.taps >> 1, window.width);
  }
  return new Uint8Array(memory.buffer, target, size).slice();
}

/** Gives out addresses one after the other, each a multiple of 16. */
function placesFrom(start: number): (bytes: number) => number {
  let next = start;
  return (bytes) => {
    const address = next;
    next += (bytes + 15) & ~15;
    return address;
  };
}

function reserve(bytes: number): Machine {
  machine ??= start();
  const missing = bytes - machine.memory.buffer.byteLength;
  if (missing > 0) machine.memory.grow(Math.ceil(missing / pageBytes));
  return machine;
}

function start(): Machine {
  if (webAssembly === undefined) throw new Error("unreachable: canResample is asked first");
  const memory = new webAssembly.Memory({ initial: 16 });
  const instance = new webAssembly.Instance(new webAssembly.Module(machineCode()), { host: { memory } });
  const exports = instance.exports as Readonly<Record<string, RowLoop>>;
  const unrolled = Array.from({ length: mostUnrolled }, (_, i) => exports[`mixColumns${i + 1}`]);
  return { memory, mixRows: exports.mixRows, mixColumns: [exports.mixColumns, ...unrolled] };
}

function machineCode(): Uint8Array {
  const unrolled = Array.from({ length: mostUnrolled }, (_, i) => mixColumns(i + 1));
  code ??= moduleOf([mixRows, mixColumns(), ...unrolled]);
  return code;
}

/** How many of an axis' pixels the part that is resized touches. */
function pixelsOf(all: number, start: number, extent: number): number {
  return Math.min(Math.ceil(start + extent), all) - Math.floor(start);
}

/** Weights are made anew for each pair of sizes, and kept for the sizes that a data set has most. */
const known = new Map<string, Weights>();
const mostKnown = 64;

function knownWeights(all: number, start: number, extent: number, to: number, kernel: Kernel): Weights {
  const from = pixelsOf(all, start, extent);
  const offset = start - Math.floor(start);
  const name = `${from} ${offset} ${extent} ${to} ${kernel}`;
  const found = known.get(name);
  if (found !== undefined) return found;
  if (known.size === mostKnown) known.clear();
  const made = weightsOf(from, extent, to, kernel, offset);
  known.set(name, made);
  return made;
}
