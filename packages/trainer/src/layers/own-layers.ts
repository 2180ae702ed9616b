/** The layers that tfjs-layers lack, as factories beside its own. */
import { applyMaskClass } from "./apply-mask.js";
import type { Core, Layer, LayerClass, Library } from "./library.js";
import { multiHeadAttentionClass } from "./multi-head-attention.js";
import { positionEmbeddingClass } from "./position-embedding.js";
import { transformerBlockClass } from "./transformer-block.js";

export type OwnLayerName = "applyMask" | "multiHeadAttention" | "positionEmbedding" | "transformerBlock";
export type Factory = (args: Readonly<Record<string, unknown>>) => Layer;

/**
 * Makes the classes and registers them, so that files of models that have such layers can be loaded. Programs that load
 * them with a tfjs of their own call it once, with what they import of `@tensorflow/tfjs-core` and `-layers`.
 */
export function registerLayers(core: Core, library: Library): Readonly<Record<OwnLayerName, Factory>> {
  const attention = multiHeadAttentionClass(core, library);
  const classes: Readonly<Record<OwnLayerName, LayerClass>> = {
    applyMask: applyMaskClass(core, library),
    multiHeadAttention: attention,
    positionEmbedding: positionEmbeddingClass(core, library),
    transformerBlock: transformerBlockClass(core, library, attention),
  };
  const entries = Object.entries(classes) as [OwnLayerName, LayerClass][];
  for (const [, made] of entries) core.serialization.registerClass(made as never);
  const factories = entries.map(([name, Made]): [OwnLayerName, Factory] => [
    name,
    (args) => new Made(args as never),
  ]);
  return Object.fromEntries(factories) as Record<OwnLayerName, Factory>;
}
