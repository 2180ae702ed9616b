/** @millrace/trainer: the plugins by default, and the parts that are of use alone. */
import layers from "./models/layers.js";
import pretrained from "./models/pretrained.js";
import tfjs from "./trainer.js";

export default [tfjs, layers, pretrained];

// The engine and its devices
export { type ChosenDevice, chooseDevice } from "./devices/choose.js";
export { cudaCache } from "./devices/cuda.js";
export {
  type Device,
  type DeviceName,
  deviceNames,
  type DeviceRequest,
  type MissingDevice,
  type ReadyDevice,
} from "./devices/device.js";
export { type DeviceReport, listDevices, type ListOptions, probeDevice } from "./devices/list.js";
export { type Engine, loadEngine } from "./engine.js";
export { installWasmKernels, wasmKernels } from "@millrace/tfjs-wasm-kernels";
export type { WasmKernel } from "@millrace/tfjs-wasm-kernels";

// Models
export type { CodeModel, ForwardContext, NamedInputsCodeModel, Variables } from "./models/code-model.js";
export type { LayerDescription } from "./models/build-layer.js";
export { registerLayers } from "./layers/own-layers.js";
export { buildLayers, layersOptions } from "./models/layers.js";
export { buildPretrained, type PretrainedOptions, pretrainedOptions } from "./models/pretrained.js";
export { fileLoader, fileSaver, loadModel, saveModel } from "./files/model-files.js";

// Training
export { type OptimizerOptions, optimizerOptions } from "./optimizers/optimizers.js";
export { type TrainerOptions, trainerOptions } from "./options.js";
