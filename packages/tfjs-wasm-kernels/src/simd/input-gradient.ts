/** The gradient of a convolution's input by our own SIMD code, as convolutions of the output's gradient. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { type Axis, type Conv2dInfo, window2dOf } from "../geometry/windows.js";
import { convolveImages } from "./convolution.js";
import type { Side } from "./frame.js";
import { panelRowBytes } from "./layout.js";
import type { Machine } from "./machine.js";

/**
 * Element y of the input has part in outputs o with y + before = stride · o + tap. So each remainder of y by the stride
 * sees taps of its own, and is a convolution of stride 1 with them, backwards; nothing is multiplied in vain.
 * `dx` is zero where no window reaches.
 */
export function convolveInputGradient(
  machine: Machine,
  info: Conv2dInfo,
  { dy, filter, dx }: Readonly<Record<"dy" | "filter" | "dx", TensorInfo>>,
): void {
  const { inChannels, outChannels, inHeight, inWidth } = info;
  const axes = window2dOf(info);
  const rows = remainders(axes.height, info.filterHeight, info.dilationHeight);
  const columns = remainders(axes.width, info.filterWidth, 1);
  const pixel = inChannels * 4;
  for (const row of rows) {
    for (const column of columns) {
      convolveImages(machine, {
        images: info.batchSize,
        input: machine.address(dy),
        frame: { height: row.side, width: column.side, channels: outChannels },
        window: { height: row.taps.length, width: column.taps.length, dilation: info.dilationHeight },
        stride: { height: 1, width: 1 },
        output: machine.address(dx) + (row.first * inWidth + column.first) * pixel,
        results: { height: row.count, width: column.count, channels: inChannels },
        apart: {
          image: inHeight * inWidth * pixel,
          row: info.strideHeight * inWidth * pixel,
          pixel: info.strideWidth * pixel,
        },
        ending: { floor: Number.NEGATIVE_INFINITY },
        pack(to, toPanel) {
          const taps = row.taps.flatMap((i) => column.taps.map((j) => i * info.filterWidth + j));
          for (const [at, tap] of taps.entries()) {
            machine.pack({
              from: machine.address(filter) + tap * inChannels * outChannels * 4,
              to: to + at * outChannels * panelRowBytes,
              rows: outChannels,
              columns: inChannels,
              fromRow: 4,
              fromColumn: outChannels * 4,
              toPanel,
            });
          }
        },
      });
    }
  }
}

interface Remainder {
  /** The first element with it, and how many there are. */
  readonly first: number;
  readonly count: number;
  /** The taps that these elements see, in the order in which the outputs are read. */
  readonly taps: readonly number[];
  readonly side: Side;
}

/** Those that see any tap. A dilation goes with stride 1 only. */
function remainders({ input, output, stride, before }: Axis, window: number, dilation: number): Remainder[] {
  return Array.from({ length: Math.min(stride, input) }, (_, first) => {
    const lowest = (first + before) % stride;
    const taps = Array.from({ length: window }, (_, tap) => tap)
      .filter((tap) => tap % stride === lowest)
      .reverse();
    const count = Math.ceil((input - first) / stride);
    const reach = (taps.length - 1) * dilation;
    const side = { image: output, frame: count + reach, before: reach - (first + before - lowest) / stride };
    return { first, count, taps, side };
  }).filter(({ taps }) => taps.length > 0);
}
