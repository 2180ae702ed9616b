/** UnsortedSegmentSum: the gradient of `gather`, and so of an embedding. */
import { simdFor, type WasmKernel } from "./kernel.js";

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
      const machine = simdFor(backend, x);
      if (machine !== undefined) {
        const [from, to, columns] = [machine.address(x), machine.address(output), rowLength];
        for (const [row, segment] of backend.typedArrayFromHeap(segmentIds).entries()) {
          if (segment < 0 || segment >= numSegments) continue;
          const y = to + segment * columns * 4;
          machine.overRows("add", { x: y, y, rows: 1, columns, p: from + row * columns * 4 });
        }
        return output;
      }
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
