/** Convolutions by our own SIMD code, image by image, without patches in memory. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { Conv2dInfo } from "../geometry/windows.js";
import { type Frame, frameBytes, framed, frameOf, rowBytes } from "./frame.js";
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

/** A convolution whose results may lie apart. Extents are those of one image, distances in bytes. */
export interface Convolution {
  readonly images: number;
  readonly input: number;
  readonly frame: Frame;
  readonly window: { readonly height: number; readonly width: number; readonly dilation: number };
  readonly stride: { readonly height: number; readonly width: number };
  readonly output: number;
  readonly results: { readonly height: number; readonly width: number; readonly channels: number };
  readonly apart: { readonly image: number; readonly row: number; readonly pixel: number };
  readonly ending: Ending;
  /** Writes the filter's rows, of all its taps and channels, as panels of eight columns so many bytes apart. */
  pack(to: number, panelBytes: number): void;
}

export function convolve(
  machine: Machine,
  info: Conv2dInfo,
  { x, filter, y }: Readonly<Record<"x" | "filter" | "y", TensorInfo>>,
  ending: Ending,
): void {
  const { filterHeight, filterWidth, inChannels, outChannels, outHeight, outWidth } = info;
  const pixel = outChannels * 4;
  convolveImages(machine, {
    images: info.batchSize,
    input: machine.address(x),
    frame: frameOf(info),
    window: { height: filterHeight, width: filterWidth, dilation: info.dilationHeight },
    stride: { height: info.strideHeight, width: info.strideWidth },
    output: machine.address(y),
    results: { height: outHeight, width: outWidth, channels: outChannels },
    apart: { image: outHeight * outWidth * pixel, row: outWidth * pixel, pixel },
    ending,
    pack(to, panelBytes) {
      machine.pack({
        from: machine.address(filter),
        to,
        rows: filterHeight * filterWidth * inChannels,
        columns: outChannels,
        fromRow: outChannels * 4,
        fromColumn: 4,
        toPanel: panelBytes,
      });
    },
  });
}

export function convolveImages(machine: Machine, of: Convolution): void {
  const { frame, window, stride, results, apart } = of;
  const { height, width, channels } = results;
  const along = window.width * frame.channels;
  const panel = window.height * along * panelRowBytes;
  const isWhole = channels % 4 === 0;
  const cRow = isWhole ? apart.pixel : paddedBytes(channels);
  const cPlane = isWhole ? apart.row : width * cRow;
  const panels = Math.ceil(channels / panelColumns) * panel;
  const sizes = [panels, paddedBytes(channels), frameBytes(frame), isWhole ? 0 : height * cPlane] as const;
  machine.withScratch(sizes, (packed, initial, room, spare) => {
    machine.clear(initial, sizes[1]);
    machine.clear(room, sizes[2]);
    of.pack(packed, panel);
    const { bias, floor } = of.ending;
    if (bias) machine.copy({ from: machine.address(bias), to: initial, bytes: channels * 4 });
    const line = rowBytes(frame);
    for (let image = 0; image < of.images; image++) {
      const from = of.input + image * frame.height.image * frame.width.image * frame.channels * 4;
      const to = of.output + image * apart.image;
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
        cPlane,
        cRow,
        floor,
      });
      if (isWhole) continue;
      machine.place({
        from: spare,
        to,
        rows: height,
        columns: width,
        bytes: channels * 4,
        fromRow: cPlane,
        fromColumn: cRow,
        toRow: apart.row,
        toColumn: apart.pixel,
      });
    }
  });
}
