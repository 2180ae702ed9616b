/** How numbers get to a WebGPU device. */
import type { WebgpuBackend } from "./webgpu-backend.js";

/** GPUBufferUsage's STORAGE, COPY_SRC and COPY_DST: what the backend's own buffers of tensors have. */
const usage = 0x80 | 0x04 | 0x08;

/**
 * For every tensor that it uploads, be it a single number in a formula, tfjs-backend-webgpu 4.22 makes a buffer that is
 * mapped, and destroys it; a driver takes about a millisecond for that. Here the queue is given the numbers: it keeps
 * memory for such. They arrive after what was submitted and before what is recorded; a buffer that is acquired is in
 * use by nothing recorded, as the backend sets those free when it submits.
 */
export function repairUploads(backend: WebgpuBackend): void {
  const own = backend.uploadToGPU.bind(backend);
  backend.uploadToGPU = (dataId) => {
    const data = backend.tensorMap.get(dataId);
    if (data.resource !== null && data.resource !== undefined) return;
    // 64-bit floats, such as the host's own arithmetic makes, are not what a device holds.
    const { values } = data;
    if (values === null || values === undefined || values.length === 0) return own(dataId);
    const isFloat = data.dtype === "float32";
    const numbers = isFloat ? asFloats(values) : asIntegers(values);
    const buffer = backend.bufferManager.acquireBuffer(numbers.byteLength, usage);
    backend.queue.writeBuffer(buffer, 0, numbers);
    data.values = null;
    data.resource = buffer;
  };
}

function asFloats(values: ArrayLike<number>): Float32Array {
  return values instanceof Float32Array ? values : Float32Array.from(values);
}

function asIntegers(values: ArrayLike<number>): Int32Array {
  return values instanceof Int32Array ? values : Int32Array.from(values);
}
