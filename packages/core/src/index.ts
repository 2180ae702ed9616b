/** @millrace/core: grouped by the stages of the line. */

// What moves along the line, and who moves it
export type { Allocator, Batch } from "./contracts/batch.js";
export type { Collate } from "./contracts/collate.js";
export {
  type Dataset,
  type DatasetFacts,
  type Deferred,
  type FetchContext,
  isDeferred,
} from "./contracts/dataset.js";
export type { Logger } from "./contracts/logger.js";
export {
  arrayConstructors,
  type DType,
  dtypeOf,
  isNdArray,
  isTypedArray,
  type NdArray,
  ndarray,
  sizeOf,
  type TypedArray,
  zeros,
} from "./contracts/ndarray.js";
export type { Random } from "./contracts/random.js";
export type { Sampler } from "./contracts/sampler.js";
export type {
  BatchSource,
  EpochResult,
  FitContext,
  FitResult,
  Metrics,
  ModelDefinition,
  ModelInput,
  Prediction,
  TrainEvent,
  Trainer,
} from "./contracts/trainer.js";
export type { Transform, TransformContext } from "./contracts/transform.js";

// Errors
export { type ErrorCode, errorCodes, MillraceError, messageOf, type SerializedError } from "./errors.js";
export { didYouMean } from "./suggest.js";

// Plugins
export { loadPlugin, type PluginModule, resolvePlugin } from "./plugin/load.js";
export {
  defineCollate,
  defineModel,
  defineSampler,
  defineSource,
  defineTrainer,
  defineTransform,
  type Plugin,
  type PluginContext,
  type PluginKind,
  pluginKinds,
  type Registrable,
  type SourceContext,
} from "./plugin/plugin.js";
export { Registry } from "./plugin/registry.js";
export { defineService, LoggerService, type Needs, type Resolved, type Service } from "./plugin/service.js";
