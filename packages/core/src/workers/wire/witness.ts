/** What a recipe takes along of the dataset that it stands for, so that a worker notices when it has made another one. */
import { isDeepStrictEqual } from "node:util";
import type { Dataset } from "../../contracts/dataset.js";
import { isPlainObject } from "../../data/collate.js";
import { MillraceError } from "../../errors.js";
import { isCloneable, isPrimitive } from "./plain.js";

export interface Witness {
  readonly length: number;
  readonly labels: readonly string[] | undefined;
  /** What some samples are called, evenly spread. */
  readonly keys: readonly { readonly index: number; readonly key: string }[];
  readonly shared: unknown;
}

const mostKeys = 64;

/** Of a dataset that depends on its storage, as its `share()` or class names show; undefined for everything else. */
export function witnessOf(value: object): Witness | undefined {
  const { get, share, facts } = value as Partial<Dataset>;
  // Streams have no samples to be held against others; a chain of them refuses what is none only when its turn comes.
  if (typeof get !== "function") return undefined;
  const { length } = value as Dataset;
  if (typeof length !== "number") return undefined;
  const labels = Array.isArray(facts?.labels) ? (facts.labels as readonly string[]) : undefined;
  const shared = typeof share === "function" ? share.call(value) : undefined;
  if (shared === undefined && labels === undefined) return undefined;
  return {
    length,
    labels: labels?.slice(),
    keys: keysOf(value as Dataset),
    shared: isPlain(shared) ? shared : undefined,
  };
}

/**
 * Requires that a worker's dataset is the main thread's.
 * @throws MillraceError DATA_CHANGED that names what differs.
 */
export function requireSame(made: unknown, witness: Witness, source: string): void {
  const dataset = made as Dataset;
  const { length, facts } = dataset;
  const found: string[] = [];
  if (length !== witness.length) found.push(`it has ${length} samples there, but ${witness.length}`);
  const label = labelThatDiffers(facts?.labels, witness.labels);
  if (label !== undefined) found.push(label);
  const moved = witness.keys.find((each) => each.index < length && dataset.key?.(each.index) !== each.key);
  if (moved !== undefined) {
    found.push(`sample ${moved.index} is ${String(dataset.key?.(moved.index))} there, but ${moved.key}`);
  }
  if (found.length === 0 && witness.shared !== undefined) {
    const place = difference(dataset.share?.(), witness.shared, "share()");
    if (place !== undefined) found.push(`${place} is another there than`);
  }
  if (found.length === 0) return;
  throw new MillraceError(
    "DATA_CHANGED",
    `workers must make the dataset that the main thread has, but ${found.map((each) => `${each} in the main thread`).join("; ")}`,
    {
      hint: "What it reads was changed after it was opened. Open it again, or let workers take what the main thread's opening learned: give `dataset.share()` to the recipe's function, in `args`, and open with it as `shared`.",
      where: [source],
    },
  );
}

function keysOf(dataset: Dataset): Witness["keys"] {
  const { length } = dataset;
  if (dataset.key === undefined || !(length > 0)) return [];
  const count = Math.min(length, mostKeys);
  const last = Math.max(1, count - 1);
  try {
    return Array.from({ length: count }, (_, i) => {
      const index = Math.floor((i * (length - 1)) / last);
      return { index, key: dataset.key?.(index) as string };
    });
  } catch {
    // Names are for messages: samples may be read without them.
    return [];
  }
}

function labelThatDiffers(
  made: readonly string[] | undefined,
  labels: readonly string[] | undefined,
): string | undefined {
  if (labels === undefined) return undefined;
  const count = Math.max(made?.length ?? 0, labels.length);
  for (let i = 0; i < count; i++) {
    if (made?.[i] === labels[i]) continue;
    const name = (each: string | undefined) => (each === undefined ? "not there" : JSON.stringify(each));
    return `class ${i} is ${name(made?.[i])} there, but ${name(labels[i])}`;
  }
  return undefined;
}

/** Where two values differ, bit by bit; a bare SharedArrayBuffer is what threads write to, and equal to any other. */
function difference(a: unknown, b: unknown, place: string): string | undefined {
  if (Object.is(a, b)) return undefined;
  if (a instanceof SharedArrayBuffer && b instanceof SharedArrayBuffer) return undefined;
  if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b)) {
    return a.constructor === b.constructor && bytesOf(a).equals(bytesOf(b)) ? undefined : place;
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length ? firstOf(a.keys(), (i) => difference(a[i], b[i], `${place}[${i}]`)) : place;
  }
  if (isPlainObject(a) && isPlainObject(b)) {
    const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
    return firstOf(keys, (key) => difference(a[key], b[key], `${place}.${key}`));
  }
  return isDeepStrictEqual(a, b) ? undefined : place;
}

function firstOf<K>(keys: Iterable<K>, find: (key: K) => string | undefined): string | undefined {
  for (const key of keys) {
    const found = find(key);
    if (found !== undefined) return found;
  }
  return undefined;
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}

function isPlain(value: unknown, depth = 0): boolean {
  if (isPrimitive(value)) return true;
  if (depth > 20) return false;
  if (Array.isArray(value)) return value.every((item) => isPlain(item, depth + 1));
  if (isPlainObject(value)) return Object.values(value).every((item) => isPlain(item, depth + 1));
  return isCloneable(value);
}
