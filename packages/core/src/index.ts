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

// The spec
export { parseSpec, specInvalid } from "./spec/parse.js";
export { type Override, parseOverride, parseSpecText, readSpec, type SpecText } from "./spec/read.js";
export { type Spec, specSchema, type Use } from "./spec/schema.js";

// Data
export { type SplitName, splitNames } from "./contracts/split.js";
export { defaultCollate, heapAllocator, isPlainObject, kindOf, stack } from "./data/collate.js";
export { fromArray } from "./data/datasets/array.js";
export { subset } from "./data/datasets/subset.js";
export { type ChainLink, materialize, transformed } from "./data/datasets/transformed.js";
export { Generator, randperm } from "./data/generator.js";
export { randomAt } from "./data/philox.js";
export { randomSampler } from "./data/samplers/random.js";
export { sequentialSampler } from "./data/samplers/sequential.js";
export { splitIndices } from "./data/split.js";

// Workers and the loader
export type { Recipe, RecipeFunction, WorkerLine } from "./contracts/recipe.js";
export type {
  IterableDataset,
  SampleStream,
  StreamContext,
  StreamLike,
  WorkerInfo,
} from "./contracts/iterable.js";
export { DataLoader } from "./loader/loader.js";
export type { DataLoaderOptions } from "./loader/options.js";
export type { LoaderState } from "./loader/state.js";
export { getWorkerInfo } from "./workers/info.js";
export { portable, type Portable, recipeOf, type ValueRecipe } from "./workers/portable.js";

// The line of a spec
export { type CheckedSpec, checkSpec } from "./line/check.js";
export { type Line, openLine } from "./line/line.js";
