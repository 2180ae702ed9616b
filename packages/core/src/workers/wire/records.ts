/**
 * Requests and replies as a few numbers each, where both ends know the rest: the memory of slots and the layouts of
 * batches that were sent before. What they do not know goes by message, and is known from then on.
 */
import type { Layout } from "./layout.js";
import { type NumberQueue, queueMemory } from "./queue.js";

/** Numbers that a queue of requests holds, and one of replies: 128 KB and 4 KB. */
export const requestCapacity = 16_384;
export const replyCapacity = 512;

/** A queue of numbers each way. */
export interface Wires {
  readonly requests: SharedArrayBuffer;
  readonly replies: SharedArrayBuffer;
}

export function newWires(): Wires {
  return { requests: queueMemory(requestCapacity), replies: queueMemory(replyCapacity) };
}

/** What the fourth number of a request says, where it is not the length of a list of indices. */
const count = { ONE_INDEX: -1, MAILED: -2 } as const;
const headLength = 4;

/** A request that is all numbers; `buffer` is the serial number of its memory. */
export interface RequestRecord {
  readonly ticket: number;
  readonly buffer: number;
  readonly epoch: number;
  readonly indices: readonly number[] | number;
}

/** A request whose content comes by message; the record keeps its place among the others. */
export interface MailedRecord {
  readonly ticket: number;
  readonly buffer: undefined;
}

/** False if it does not fit, now or ever. */
export function writeRequest(
  queue: NumberQueue,
  ticket: number,
  buffer: number,
  { epoch, indices }: Pick<RequestRecord, "epoch" | "indices">,
): boolean {
  const length = typeof indices === "number" ? 1 : indices.length;
  if (length > requestCapacity / 4 || queue.space < headLength + length) return false;
  queue.write(ticket);
  queue.write(buffer);
  queue.write(epoch);
  if (typeof indices === "number") {
    queue.write(count.ONE_INDEX);
    queue.write(indices);
  } else {
    queue.write(length);
    for (let i = 0; i < length; i++) queue.write(indices[i]);
  }
  queue.publish();
  return true;
}

/** False if it does not fit now. */
export function writeMailed(queue: NumberQueue, ticket: number): boolean {
  if (queue.space < headLength) return false;
  queue.write(ticket);
  queue.write(0);
  queue.write(0);
  queue.write(count.MAILED);
  queue.publish();
  return true;
}

/** The ticket of the request that comes next, if its content comes by message. */
export function nextIsMailed(queue: NumberQueue): number | undefined {
  return queue.peek(3) === count.MAILED ? queue.peek(0) : undefined;
}

export function takeRequest(queue: NumberQueue): RequestRecord | MailedRecord {
  const ticket = queue.take();
  const buffer = queue.take();
  const epoch = queue.take();
  const length = queue.take();
  if (length === count.MAILED) return { ticket, buffer: undefined };
  if (length === count.ONE_INDEX) return { ticket, buffer, epoch, indices: queue.take() };
  const indices = new Array<number>(length);
  for (let i = 0; i < length; i++) indices[i] = queue.take();
  return { ticket, buffer, epoch, indices };
}

/** The last few things that were sent, oldest forgotten first: both ends do the same in the same order, so they agree. */
export class Remembered<T> {
  readonly #things = new Map<number, T>();

  constructor(private readonly most: number) {}

  get(serial: number): T | undefined {
    return this.#things.get(serial);
  }

  add(serial: number, thing: T): void {
    this.#things.set(serial, thing);
    if (this.#things.size <= this.most) return;
    for (const oldest of this.#things.keys()) {
      this.#things.delete(oldest);
      return;
    }
  }

  entries(): Iterable<[number, T]> {
    return this.#things;
  }
}

/** Layouts that both ends remember. */
export const rememberedLayouts = 16;

/** True for layouts that are the same, as far as that can be told from numbers and names. */
export function sameLayout(a: Layout, b: Layout): boolean {
  switch (a.kind) {
    case "ndarray":
      return (
        b.kind === "ndarray" &&
        a.dtype === b.dtype &&
        a.offset === b.offset &&
        a.shape.length === b.shape.length &&
        a.shape.every((size, i) => size === b.shape[i])
      );
    case "typedArray":
      return b.kind === "typedArray" && a.dtype === b.dtype && a.length === b.length && a.offset === b.offset;
    case "object":
      return b.kind === "object" && sameItems(a.keys, b.keys) && sameLayouts(a.values, b.values);
    case "map":
      return b.kind === "map" && sameItems(a.keys, b.keys) && sameLayouts(a.values, b.values);
    case "list":
      return b.kind === "list" && sameLayouts(a.items, b.items);
    case "value":
      return b.kind === "value" && isPrimitive(a.value) && Object.is(a.value, b.value);
    default:
      return a satisfies never;
  }
}

function sameLayouts(a: readonly Layout[], b: readonly Layout[]): boolean {
  return a.length === b.length && a.every((layout, i) => sameLayout(layout, b[i]));
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, i) => isPrimitive(item) && Object.is(item, b[i]));
}

function isPrimitive(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}
