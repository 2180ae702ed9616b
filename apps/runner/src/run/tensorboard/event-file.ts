/** A TensorBoard event file: TFRecord frames around `Event` messages, each written as it comes. */
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { writingTo } from "../write-fault.js";
import { maskedCrc32c } from "./crc32c.js";

export interface EventFile {
  readonly path: string;
  scalar(tag: string, value: number, step: number): void;
  close(): void;
}

/**
 * Makes the folder and a new file in it. A write has left this process when it returns: a reader sees it at once, and a
 * run that is killed keeps it.
 */
export function openEventFile(folder: string, now: () => Date = () => new Date()): EventFile {
  writingTo(folder, () => mkdirSync(folder, { recursive: true }));
  const seconds = Math.floor(now().getTime() / 1000);
  const path = join(folder, `events.out.tfevents.${seconds}.${hostname()}.${process.pid}`);
  const file = writingTo(path, () => openSync(path, "a"));
  const write = (event: Buffer) =>
    writingTo(path, () => writeSync(file, framed(Buffer.concat([double(1, now()), event]))));
  write(bytes(3, Buffer.from("brain.Event:2")));
  return {
    path,
    scalar(tag, value, step) {
      const point = Buffer.concat([bytes(1, Buffer.from(tag)), float(2, value)]);
      write(Buffer.concat([integer(2, step), bytes(5, bytes(1, point))]));
    },
    close: () => closeSync(file),
  };
}

/** Length, its checksum, the data, its checksum (TFRecord). */
function framed(data: Buffer): Buffer {
  const frame = Buffer.alloc(data.length + 16);
  frame.writeBigUInt64LE(BigInt(data.length));
  frame.writeUInt32LE(maskedCrc32c(frame.subarray(0, 8)), 8);
  data.copy(frame, 12);
  frame.writeUInt32LE(maskedCrc32c(data), 12 + data.length);
  return frame;
}

// Fields of protocol buffers: number and wire type, then the value.

function double(field: number, date: Date): Buffer {
  const buffer = Buffer.alloc(9);
  buffer[0] = (field << 3) | 1;
  buffer.writeDoubleLE(date.getTime() / 1000, 1);
  return buffer;
}

function float(field: number, value: number): Buffer {
  const buffer = Buffer.alloc(5);
  buffer[0] = (field << 3) | 5;
  buffer.writeFloatLE(value, 1);
  return buffer;
}

function integer(field: number, value: number): Buffer {
  return Buffer.concat([varint(field << 3), varint(value)]);
}

function bytes(field: number, data: Buffer): Buffer {
  return Buffer.concat([varint((field << 3) | 2), varint(data.length), data]);
}

/** Whole numbers from 0 to 2^53 − 1, seven bits a byte, the lowest first. */
function varint(value: number): Buffer {
  const parts: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) parts.push((rest % 128) | 128);
  parts.push(rest);
  return Buffer.from(parts);
}
