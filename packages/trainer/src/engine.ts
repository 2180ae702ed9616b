/** The training engine: tfjs-core and tfjs-layers as one library, loaded when first asked for. */
import type { DType } from "@millrace/core";
import { type Factory, type OwnLayerName, registerLayers } from "./layers/own-layers.js";
import { repairBatchNormalization } from "./repairs/batch-normalization.js";
import { repairDilated } from "./repairs/dilated.js";
import { repairLayerNormalization } from "./repairs/layer-normalization.js";
import { repairMasks } from "./repairs/masks.js";
import { repairOrthogonal } from "./repairs/orthogonal.js";
import { repairResampling } from "./repairs/resampling.js";
import { repairSums } from "./repairs/sums.js";
import { repairUnstack } from "./repairs/unstack.js";

export type Core = typeof import("@tensorflow/tfjs-core");
export type Layers = typeof import("@tensorflow/tfjs-layers");

/**
 * What a model definition with `engine: "tfjs"` receives: everything that tfjs-core and tfjs-layers export, and among `layers`
 * those of our own.
 */
export type Engine = Core & Layers & { readonly layers: Readonly<Record<OwnLayerName, Factory>> };

/** Integers that become int32 tensors, as token ids must; uint8 is image data and becomes float32. */
const asInt32 = new Set<DType>(["int8", "int16", "uint16", "int32", "uint32"]);

/** The type that an array of a batch has on the device. */
export function tensorType(dtype: DType): "int32" | "float32" {
  return asInt32.has(dtype) ? "int32" : "float32";
}

let loading: Promise<Engine> | undefined;

/** Loads the engine once per process; no backend is chosen yet. tfjs-layers also registers the gradients. */
export function loadEngine(): Promise<Engine> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Engine> {
  const core = await import("@tensorflow/tfjs-core");
  const layers = await import("@tensorflow/tfjs-layers");
  repairOrthogonal(core, layers);
  repairMasks(core, layers);
  repairLayerNormalization(core, layers);
  repairBatchNormalization(core, layers);
  repairDilated(core, layers);
  repairResampling(core, layers);
  repairSums(core);
  repairUnstack(core);
  const own = registerLayers(core, layers);
  return Object.freeze({ ...core, ...layers, layers: { ...layers.layers, ...own } });
}
