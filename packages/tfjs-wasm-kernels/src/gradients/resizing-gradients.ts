/** The gradients of resizing on the cpu backend, which tfjs 4.22 has wrong. */
import type { KernelFunc, TensorInfo } from "@tensorflow/tfjs-core";
import type { Core } from "../core.js";

type Image = readonly [batch: number, height: number, width: number, channels: number];

interface Call {
  readonly inputs: { readonly images: TensorInfo; readonly dy: TensorInfo };
  readonly attrs: { readonly alignCorners?: boolean };
  readonly backend: CpuBackend;
}

interface CpuBackend {
  readonly data: { get(dataId: object): { readonly values: ArrayLike<number> } };
  makeTensorInfo(shape: readonly number[], dtype: "float32", values: Float32Array): TensorInfo;
}

const repaired = Symbol.for("millrace.resizing");

/**
 * Corrects ResizeBilinearGrad, which names height and width in the wrong order, and ResizeNearestNeighborGrad, which
 * looks for the second image of a batch in the wrong place.
 */
export function repairResizing(core: Core): void {
  if (core.getBackend() !== "cpu") return;
  repair(core, "ResizeBilinearGrad", (original) => (call) => {
    const { images } = call.inputs as unknown as Call["inputs"];
    return { ...(original(call) as TensorInfo), shape: images.shape };
  });
  repair(core, "ResizeNearestNeighborGrad", () => (call) => nearestGradient(call as unknown as Call));
}

function repair(core: Core, kernelName: string, make: (original: KernelFunc) => KernelFunc): void {
  const original = core.getKernel(kernelName, "cpu");
  if (original === undefined || repaired in original.kernelFunc) return;
  const kernelFunc = Object.assign(make(original.kernelFunc), { [repaired]: true });
  core.unregisterKernel(kernelName, "cpu");
  core.registerKernel({ ...original, kernelFunc });
}

/** Each pixel of dy goes to the pixel that it was taken from. */
function nearestGradient({ inputs: { images, dy }, attrs, backend }: Call): TensorInfo {
  const [batch, height, width, channels] = images.shape as unknown as Image;
  const [, rows, columns] = dy.shape as unknown as Image;
  const aligned = attrs.alignCorners ?? false;
  const fromRow = sourceOf(height, rows, aligned);
  const fromColumn = sourceOf(width, columns, aligned);
  const { values } = backend.data.get(dy.dataId);
  const gradient = new Float32Array(batch * height * width * channels);
  let at = 0;
  for (let image = 0; image < batch; image++) {
    for (let row = 0; row < rows; row++) {
      const start = (image * height + fromRow(row)) * width;
      for (let column = 0; column < columns; column++) {
        const to = (start + fromColumn(column)) * channels;
        for (let channel = 0; channel < channels; channel++) gradient[to + channel] += values[at++];
      }
    }
  }
  return backend.makeTensorInfo(images.shape, "float32", gradient);
}

/** As the forward pass chooses. */
function sourceOf(size: number, resized: number, aligned: boolean): (index: number) => number {
  const scale = aligned && resized > 1 ? (size - 1) / (resized - 1) : size / resized;
  return (index) => Math.min(size - 1, aligned ? Math.round(index * scale) : Math.floor(index * scale));
}
