/** Convolutions and their two gradients by our own SIMD code, image by image, without patches in memory. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { Conv2dInfo } from "../windows.js";
import { type Frame, frameBytes, framed, frameOf, rowBytes, spreadFrameOf } from "./frame.js";
import { panelColumns, panelRowBytes } from "./layout.js";
import { type Machine, paddedBytes } from "./machine.js";

/** Whether these functions compute it: they read each row of a window as one piece of memory. */
export function canConvolve(info: Conv2dInfo): boolean {
  const { dilationWidth, batchSize, outHeight, outWidth, inChannels, outChannels } = info;
  return dilationWidth === 1 && batchSize * outHeight * outWidth * inChannels * outChannels > 0;
}

/** What is done to each result: a bias for each channel is added, and nothing stays below `floor`. */
export interface Ending {
  readonly bias?: TensorInfo | undefined;
  readonly floor: number;
}

interface Convolution {
  readonly images: number;
  readonly frame: Frame;
  readonly window: { readonly height: number; readonly width: number; readonly dilation: number };
  readonly stride: { readonly height: number; readonly width: number };
  readonly output: { readonly height: number; readonly width: number; readonly channels: number };
  readonly ending: Ending;
  /** Writes the filter as panels of eight columns that lie so many bytes apart. */
  pack(to: number, panelBytes: number): void;
}

export function convolve(
  machine: Machine,
  info: Conv2dInfo,
  { x, filter, y }: Readonly<Record<"x" | "filter" | "y", TensorInfo>>,
  ending: Ending,
): void {
  const { filterHeight, filterWidth, inChannels, outChannels } = info;
  run(machine, x, y, {
    images: info.batchSize,
    frame: frameOf(info),
    window: { height: filterHeight, width: filterWidth, dilation: info.dilationHeight },
    stride: { height: info.strideHeight, width: info.strideWidth },
    output: { height: info.outHeight, width: info.outWidth, channels: outChannels },
    ending,
    pack(to, panelBytes) {
      const rows = filterHeight * filterWidth * inChannels;
      machine.pack({
        from: machine.address(filter),
        to,
        rows,
        columns: outChannels,
        fromRow: outChannels * 4,
        fromColumn: 4,
        toPanel: panelBytes,
      });
    },
  });
}

export function convolveInputGradient(
  machine: Machine,
  info: Conv2dInfo,
  { dy, filter, dx }: Readonly<Record<"dy" | "filter" | "dx", TensorInfo>>,
): void {
  const { filterHeight, filterWidth, inChannels, outChannels } = info;
  run(machine, dy, dx, {
    images: info.batchSize,
    frame: spreadFrameOf(info),
    window: { height: filterHeight, width: filterWidth, dilation: info.dilationHeight },
    stride: { height: 1, width: 1 },
    output: { height: info.inHeight, width: info.inWidth, channels: inChannels },
    ending: { floor: Number.NEGATIVE_INFINITY },
    pack(to, panelBytes) {
      const taps = filterHeight * filterWidth;
      for (let tap = 0; tap < taps; tap++) {
        machine.pack({
          from: machine.address(filter) + (taps - 1 - tap) * inChannels * outChannels * 4,
          to: to + tap * outChannels * panelRowBytes,
          rows: outChannels,
          columns: inChannels,
          fromRow: 4,
          fromColumn: outChannels * 4,
          toPanel: panelBytes,
        });
      }
    },
  });
}

function run(machine: Machine, input: TensorInfo, output: TensorInfo, of: Convolution): void {
  const { frame, window, stride } = of;
  const { height, width, channels } = of.output;
  const along = window.width * frame.channels;
  const panel = window.height * along * panelRowBytes;
  const isWhole = channels % 4 === 0;
  const cRow = isWhole ? channels * 4 : paddedBytes(channels);
  const panels = Math.ceil(channels / panelColumns) * panel;
  const sizes = [panels, cRow, frameBytes(frame), isWhole ? 0 : height * width * cRow] as const;
  machine.withScratch(sizes, (packed, initial, room, spare) => {
    of.pack(packed, panel);
    const { bias, floor } = of.ending;
    if (bias) machine.copy({ from: machine.address(bias), to: initial, bytes: channels * 4 });
    const line = rowBytes(frame);
    for (let image = 0; image < of.images; image++) {
      const from =
        machine.address(input) + image * frame.height.image * frame.width.image * frame.channels * 4;
      const to = machine.address(output) + image * height * width * channels * 4;
      machine.product({
        a: framed(machine, frame, from, room),
        b: packed,
        c: isWhole ? to : spare,
        initial,
        planes: height,
        rows: width,
        vectors: Math.ceil(channels / 4),
        outer: window.height,
        inner: along,
        aPlane: stride.height * line,
        aRow: stride.width * frame.channels * 4,
        aOuter: window.dilation * line,
        aInner: 4,
        bPanel: panel,
        bOuter: along * panelRowBytes,
        bInner: panelRowBytes,
        cPlane: width * cRow,
        cRow,
        floor,
      });
      if (isWhole) continue;
      const toRow = channels * 4;
      machine.copy({ from: spare, to, rows: height * width, bytes: toRow, fromRow: cRow, toRow });
    }
  });
}

/**
 * dFilter[i, j, c, k] = Σ over batch, y, x of x[b, y · stride + i, x · stride + j, c] · dy[b, y, x, k]: for each image
 * and row of the filter one product, summed up where it lies.
 */
export function convolveFilterGradient(
  machine: Machine,
  info: Conv2dInfo,
  { x, dy, dFilter }: Readonly<Record<"x" | "dy" | "dFilter", TensorInfo>>,
): void {
  const frame = frameOf(info);
  const { filterHeight, filterWidth, inChannels, outChannels, outHeight, outWidth } = info;
  const along = filterWidth * inChannels;
  const cRow = paddedBytes(outChannels);
  machine.withScratch([frameBytes(frame), filterHeight * along * cRow], (room, sums) => {
    const line = rowBytes(frame);
    for (let image = 0; image < info.batchSize; image++) {
      const from = machine.address(x) + image * info.inHeight * info.inWidth * inChannels * 4;
      machine.product({
        a: framed(machine, frame, from, room),
        b: machine.address(dy) + image * outHeight * outWidth * outChannels * 4,
        c: sums,
        initial: sums,
        planes: filterHeight,
        rows: along,
        vectors: Math.ceil(outChannels / 4),
        outer: outHeight,
        inner: outWidth,
        aPlane: info.dilationHeight * line,
        aRow: 4,
        aOuter: info.strideHeight * line,
        aInner: info.strideWidth * inChannels * 4,
        bPanel: panelRowBytes,
        bOuter: outWidth * outChannels * 4,
        bInner: outChannels * 4,
        cPlane: along * cRow,
        cRow,
        initialPlane: along * cRow,
        initialRow: cRow,
        floor: Number.NEGATIVE_INFINITY,
      });
    }
    const toRow = outChannels * 4;
    const to = machine.address(dFilter);
    machine.copy({ from: sums, to, rows: filterHeight * along, bytes: toRow, fromRow: cRow, toRow });
  });
}
