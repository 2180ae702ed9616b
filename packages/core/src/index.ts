/**
 * @millrace/core: what a plugin is made with, and what every program that loads data needs. All of the loader stands
 * behind `@millrace/core/dataloader`, specs and their line behind `@millrace/core/spec`.
 */

// Plugins
export type {
  InputsContext,
  PluginContext,
  SamplerContext,
  SourceContext,
  TransformCreateContext,
  TransformPlace,
} from "./plugin/contexts.js";
export {
  defineBatchSampler,
  defineCollate,
  defineModel,
  defineSampler,
  defineSource,
  defineTrainer,
  defineTransform,
  type Plugin,
  type PluginKind,
  type Registrable,
} from "./plugin/plugin.js";
export { defineGroup, type Environment, type GroupContext, type GroupPlugin } from "./plugin/group.js";
export { type Patience, patienceOf, whileWaiting } from "./plugin/patience.js";
export type { LooseFault, LooseSample, SourceInputs } from "./plugin/inputs.js";
export { type ImageReader, type Images, ImagesService, noImages } from "./plugin/images.js";
export type { KeepContext, Keeping } from "./plugin/keeping.js";
export {
  defineService,
  type Lifetime,
  LoggerService,
  type Needs,
  type Resolved,
  type Service,
} from "./plugin/service.js";

// What plugins are
export type { Allocator, Batch } from "./contracts/batch.js";
export type { BatchContext, Collate } from "./contracts/collate.js";
export {
  type Dataset,
  type ColumnValues,
  type DatasetFacts,
  type Deferred,
  type FetchContext,
  type FieldType,
  type FieldTypes,
  isDeferred,
  type SampleProgress,
} from "./contracts/dataset.js";
export {
  deferImage,
  type DecodeImage,
  type DeferredImage,
  type EncodedImage,
  type ImageOperation,
  isDeferredImage,
} from "./contracts/image.js";
export type {
  IterableDataset,
  SampleStream,
  Shard,
  StreamContext,
  StreamResult,
  StreamSample,
} from "./contracts/iterable.js";
export { agreeOn } from "./contracts/agreement.js";
export { broadcastValue, gatherValues, groupOfOne, type ProcessGroup } from "./contracts/group.js";
export type { Logger } from "./contracts/logger.js";
export type { Random } from "./contracts/random.js";
export type { LengthsFrom } from "./contracts/lengths.js";
export type { Sampler } from "./contracts/sampler.js";
export type { Trainer } from "./contracts/trainer.js";
export type { ModelDefinition } from "./contracts/training.js";
export {
  type Columns,
  type FittedState,
  type Fitter,
  formsOf,
  type Inverse,
  type ManyContext,
  type Touched,
  type Transform,
  type TransformContext,
  type TransformForms,
} from "./contracts/transform.js";

// Arrays
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

// Errors
export { MillraceError, type MillraceErrorInit, messageOf } from "./errors.js";
export { didYouMean } from "./suggest.js";

// Rules that plugins share
export {
  type ColumnField,
  type ColumnKind,
  columnsOption,
  type ColumnsOption,
  columnType,
  columnTypes,
  type MissingPolicy,
  readColumns,
} from "./kit/columns/columns.js";
export { type DateReader, readDates } from "./kit/columns/dates.js";
export { requireOnce } from "./kit/columns/header.js";
export {
  decimal,
  losesDigits,
  missingTexts,
  missingWords,
  numberReader,
  type NumberStyle,
  readBool,
  readBytes,
} from "./kit/columns/texts.js";
export { dropped, type ValueReader, valueReader, type ValueTools } from "./kit/columns/values.js";
export { envReference, expandText } from "./kit/environment.js";
export {
  type FactReference,
  factReference,
  knownFacts,
  numberOrFact,
  resolveFacts,
  type WithFacts,
} from "./kit/facts.js";
export { pathOption, type PathKind } from "./kit/path-option.js";
export { type ImageOptions, imageOptions, imageShape } from "./kit/image-options.js";
export { checkIndex, resolveIndex } from "./kit/index-rule.js";
export { type FileContent, fileFault, readWhole, writeWhole, type WriteOptions } from "./kit/files.js";
export { decodeTensors, encodeTensors, type Tensors } from "./kit/safetensors.js";
export { type ClassLabels, classLabels, labelUnknown, sortLabels } from "./kit/labels.js";
export {
  byteCharacters,
  bytesOfToken,
  decodeTokens,
  type SpecialRole,
  type TokenDecoder,
  vocabulariesOf,
  type Vocabulary,
} from "./kit/vocabulary.js";
export { defaultCollate, heapAllocator } from "./data/collate.js";
export { sampleName, type SampleName } from "./data/sample-name.js";
export { fingerprintFiles } from "./data/fingerprint.js";
export { padSequence } from "./data/pad-sequence.js";

// Samplers to build on
export { BatchSampler } from "./data/samplers/batch.js";
export { BlockShuffleSampler } from "./data/samplers/block-shuffle.js";
export { BucketBatchSampler } from "./data/samplers/bucket-batch.js";
export { DistributedSampler } from "./data/samplers/distributed.js";
export { MixtureSampler } from "./data/samplers/mixture.js";
export { PerSourceBatchSampler } from "./data/samplers/per-source-batch.js";
export { RandomSampler } from "./data/samplers/random.js";
export { SequentialSampler } from "./data/samplers/sequential.js";
export { StratifiedBatchSampler } from "./data/samplers/stratified-batch.js";
export { SubsetRandomSampler } from "./data/samplers/subset-random.js";
export { TokenBudgetBatchSampler } from "./data/samplers/token-budget-batch.js";
export { WeightedRandomSampler } from "./data/samplers/weighted-random.js";

// Loading without a spec
export { cached } from "./data/cache/cached.js";
export { fromArray } from "./data/datasets/array.js";
export { ConcatDataset } from "./data/datasets/concat.js";
export { StackDataset } from "./data/datasets/stack.js";
export { Subset } from "./data/datasets/subset.js";
export { TensorDataset } from "./data/datasets/tensor.js";
export { transformed } from "./data/datasets/transformed.js";
export { randomSplit } from "./data/random-split.js";
export { DataLoader } from "./loader/data-loader.js";
export type { DataLoaderOptions } from "./loader/options.js";
export { portable } from "./workers/wire/portable.js";

// Running a spec
export { Registry } from "./plugin/registry.js";
export { readSpec } from "./spec/read.js";
export { checkSpec } from "./line/check.js";
export { openLine } from "./line/line.js";
