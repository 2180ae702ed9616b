/** The gradient of a convolution's filter by our own SIMD code. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { Conv2dInfo } from "../geometry/windows.js";
import { frameBytes, framed, frameOf, rowBytes } from "./frame.js";
import { panelRowBytes } from "./layout.js";
import { type Machine, paddedBytes } from "./machine.js";

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
  const sizes = [frameBytes(frame), filterHeight * along * cRow] as const;
  machine.withScratch(sizes, (room, sums) => {
    machine.clear(room, sizes[0]);
    machine.clear(sums, sizes[1]);
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
