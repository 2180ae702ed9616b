/** UnsortedSegmentSum: the gradient of `gather`, and so of an embedding. */
import type { WasmKernel } from "./kernel.js";

/** Adds row i of `x` to row segmentIds[i] of the output; ids outside [0, numSegments) are dropped, as on cpu. */
export const unsortedSegmentSum: WasmKernel = {
  kernelName: "UnsortedSegmentSum",
  reason: "absent",
  create:
    () =>
    ({ inputs: { x, segmentIds }, attrs, backend }) => {
      const numSegments = attrs.numSegments as number;
      const rowShape = x.shape.slice(segmentIds.shape.length);
      const rowLength = rowShape.reduce((size, extent) => size * extent, 1);
      const output = backend.makeOutput([numSegments, ...rowShape], x.dtype as "float32" | "int32");
      const sums = backend.typedArrayFromHeap(output).fill(0);
      const rows = backend.typedArrayFromHeap(x);
      backend.typedArrayFromHeap(segmentIds).forEach((segment, row) => {
        if (segment < 0 || segment >= numSegments) return;
        const from = row * rowLength;
        const to = segment * rowLength;
        for (let i = 0; i < rowLength; i++) sums[to + i] += rows[from + i];
      });
      return output;
    },
};
