/** The part of an image that windows read, with its padding, as one piece of memory. */
import type { Axis, Conv2dInfo } from "../geometry/windows.js";
import { window2dOf } from "../geometry/windows.js";
import type { Machine } from "./machine.js";

/** Along one axis, element i of the image lies at place before + i of the frame; `before` is below 0 where it is cut. */
export interface Side {
  readonly image: number;
  readonly frame: number;
  readonly before: number;
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
  });
  const { height, width } = window2dOf(info);
  return { height: side(height), width: side(width), channels: info.inChannels };
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
  machine.copy({
    from: from + rows.first * fromRow + columns.first * pixel,
    to: room + rows.place * toRow + columns.place * pixel,
    rows: rows.count,
    bytes: columns.count * pixel,
    fromRow,
    toRow,
  });
  return room;
}

/** Whether the frame lies within the image, at its beginning. */
function isPart({ height, width }: Frame): boolean {
  return [height, width].every((side) => side.before === 0 && side.frame <= side.image);
}

/** The first element of the image within the frame, its place there, and how many there are. */
function seen({ image, frame, before }: Side) {
  const first = Math.max(0, -before);
  return { first, place: before + first, count: Math.min(image, frame - before) - first };
}
