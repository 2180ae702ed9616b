/** The part of an image that windows read, with its padding, as one piece of memory. */
import type { Axis, Conv2dInfo } from "../windows.js";
import { window2dOf } from "../windows.js";
import type { Machine } from "./machine.js";

/** Along one axis, element i of the image lies at place before + i · step of the frame. */
interface Side {
  readonly image: number;
  readonly frame: number;
  readonly before: number;
  readonly step: number;
}

export interface Frame {
  readonly height: Side;
  readonly width: Side;
  readonly channels: number;
}

/** What the windows of a convolution read of its input. */
export function frameOf(info: Conv2dInfo): Frame {
  const side = ({ input, output, window, stride, before }: Axis): Side => ({
    image: input,
    frame: (output - 1) * stride + window,
    before,
    step: 1,
  });
  const { height, width } = window2dOf(info);
  return { height: side(height), width: side(width), channels: info.inChannels };
}

/**
 * The gradient of a convolution's output, so spread that a convolution of stride 1 with the flipped filter gives the
 * gradient of the input.
 */
export function spreadFrameOf(info: Conv2dInfo): Frame {
  const side = ({ input, output, window, stride, before }: Axis): Side => ({
    image: output,
    frame: input - 1 + window,
    before: window - 1 - before,
    step: stride,
  });
  const { height, width } = window2dOf(info);
  return { height: side(height), width: side(width), channels: info.outChannels };
}

/** Bytes of one row of what `framed` gives. */
export function rowBytes(frame: Frame): number {
  return (isPart(frame) ? frame.width.image : frame.width.frame) * frame.channels * 4;
}

/** Bytes that `framed` needs for a frame; 0 where the image serves as it is. */
export function frameBytes(frame: Frame): number {
  return isPart(frame) ? 0 : frame.height.frame * rowBytes(frame);
}

/** The address of the frame of the image at `from`; `room` is zero but for what an earlier image left there. */
export function framed(machine: Machine, frame: Frame, from: number, room: number): number {
  if (isPart(frame)) return from;
  const { height, width, channels } = frame;
  const pixel = channels * 4;
  const [rows, columns] = [seen(height), seen(width)];
  if (rows.count <= 0 || columns.count <= 0) return room;
  const [fromRow, toRow] = [width.image * pixel, rowBytes(frame)];
  const isDense = width.step === 1;
  machine.place({
    from: from + rows.first * fromRow + columns.first * pixel,
    to: room + rows.place * toRow + columns.place * pixel,
    rows: rows.count,
    columns: isDense ? 1 : columns.count,
    bytes: isDense ? columns.count * pixel : pixel,
    fromRow,
    fromColumn: pixel,
    toRow: toRow * height.step,
    toColumn: pixel * width.step,
  });
  return room;
}

/** Whether the frame lies within the image. */
function isPart({ height, width }: Frame): boolean {
  return [height, width].every((side) => side.before === 0 && side.step === 1 && side.frame <= side.image);
}

/** The first element of the image within the frame, its place there, and how many there are. */
function seen({ image, frame, before, step }: Side) {
  const first = Math.max(0, Math.ceil(-before / step));
  const end = Math.min(image, Math.ceil((frame - before) / step));
  return { first, place: before + first * step, count: end - first };
}
