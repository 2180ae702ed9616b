/**
 * @millrace/core/dataloader: the DataLoader and everything around it, without specs and plugins. It loads in a fraction
 * of the time that the whole package takes, which every worker thread feels that imports it.
 */

// What moves along the line, and who moves it
export type { Allocator, BadSample, Batch } from "./contracts/batch.js";
export type { BatchContext, Collate, CollateColumns } from "./contracts/collate.js";
export type { Collated, Converted, NumberDType } from "./contracts/collated.js";
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
export type { OnError, PlainLoaderOptions } from "./contracts/loader-options.js";
export type { Logger } from "./contracts/logger.js";
export {
  arrayConstructors,
  type ArrayTypes,
  type DType,
  type DTypeOf,
  dtypeOf,
  isNdArray,
  isTypedArray,
  type NdArray,
  ndarray,
  sizeOf,
  type TypedArray,
  zeros,
} from "./contracts/ndarray.js";
export { isRagged, type Ragged, type RaggedColumns } from "./contracts/ragged.js";
export type { Random } from "./contracts/random.js";
export type { Sampler, StatefulGenerator } from "./contracts/sampler.js";
export type {
  Columns,
  ManyContext,
  Transform,
  TransformContext,
  TransformForms,
} from "./contracts/transform.js";

// Errors
export type { SerializedCause, SerializedThrown } from "./causes.js";
export {
  type ErrorCode,
  errorCodes,
  MillraceError,
  type MillraceErrorInit,
  messageOf,
  type SerializedError,
} from "./errors.js";
export { didYouMean } from "./suggest.js";

// Datasets and splits
export { cached, type DiskCacheOptions, type MemoryCacheOptions } from "./data/cache/cached.js";
export type {
  IterableDataset,
  SampleStream,
  Shard,
  StreamContext,
  StreamLike,
  StreamResult,
  StreamSample,
  WorkerInfo,
} from "./contracts/iterable.js";
export { type SplitName, splitNames } from "./contracts/split.js";
export { fromArray } from "./data/datasets/array.js";
export { ChainDataset } from "./data/datasets/chain.js";
export { ConcatDataset } from "./data/datasets/concat.js";
export { excluding } from "./data/datasets/excluding.js";
export type { DatasetLike, SampleOf } from "./data/datasets/dataset-like.js";
export { type NamedDatasets, StackDataset, type StackedSample } from "./data/datasets/stack.js";
export { Subset } from "./data/datasets/subset.js";
export { TensorDataset, type TensorSample } from "./data/datasets/tensor.js";
export { materialize } from "./data/datasets/deferred.js";
export type { ChainLink } from "./data/datasets/passage.js";
export { transformChain, type TransformChainOptions } from "./data/datasets/transform-chain.js";
export { type SampleTransform, transformed, type TransformedOptions } from "./data/datasets/transformed.js";
export {
  Quarantine,
  type QuarantineEntry,
  readQuarantine,
} from "./data/quarantine.js";
export { isSampleFault } from "./data/sample-fault.js";
export { sampleName, type SampleName } from "./data/sample-name.js";
export { fingerprintFiles } from "./data/fingerprint.js";
export { type GroupSplitOptions, groupSplit } from "./data/group-split.js";
export { hashKey, hashSplit, type HashSplitOptions } from "./data/hash-split.js";
export { randomSplit, type RandomSplitOptions } from "./data/random-split.js";
export type { SplitBy } from "./data/split-by.js";
export { stratifiedSplit, type StratifiedSplitOptions } from "./data/stratified-split.js";
export { limitStream } from "./data/streams/limit.js";
export { mixStreams, type MixStreamsOptions, stopCriteria, type StopCriterion } from "./data/streams/mix.js";
export { shuffleStream, type ShuffleStreamOptions } from "./data/streams/shuffle.js";
export { streamOf, type StreamOfOptions } from "./data/streams/stream-of.js";

// Numbers and samplers
export { Generator, randperm } from "./data/generator.js";
export { gather } from "./data/gather.js";
export { randomAt } from "./data/philox.js";
export { BatchSampler } from "./data/samplers/batch.js";
export { BlockShuffleSampler, type BlockShuffleSamplerOptions } from "./data/samplers/block-shuffle.js";
export { BucketBatchSampler, type BucketBatchSamplerOptions } from "./data/samplers/bucket-batch.js";
export { DistributedSampler, type DistributedSamplerOptions } from "./data/samplers/distributed.js";
export { MixtureSampler, type MixtureSamplerOptions } from "./data/samplers/mixture.js";
export { multinomial } from "./data/samplers/multinomial.js";
export {
  PerSourceBatchSampler,
  type PerSourceBatchSamplerOptions,
} from "./data/samplers/per-source-batch.js";
export type { Randomness } from "./data/samplers/validation.js";
export { RandomSampler, type RandomSamplerOptions } from "./data/samplers/random.js";
export { SequentialSampler } from "./data/samplers/sequential.js";
export {
  StratifiedBatchSampler,
  type StratifiedBatchSamplerOptions,
} from "./data/samplers/stratified-batch.js";
export { SubsetRandomSampler } from "./data/samplers/subset-random.js";
export {
  TokenBudgetBatchSampler,
  type TokenBudgetBatchSamplerOptions,
} from "./data/samplers/token-budget-batch.js";
export { WeightedRandomSampler, type WeightedRandomSamplerOptions } from "./data/samplers/weighted-random.js";

// Collation
export {
  type CollateContext,
  type CollateOptions,
  type CollateType,
  createCollate,
  type DefaultCollate,
  defaultCollate,
  defaultConvert,
  heapAllocator,
  isPlainObject,
  kindOf,
  promoteTypes,
  stack,
  type TypeCollate,
} from "./data/collate.js";
export { cutRagged, longestOf, padRagged } from "./data/pad-ragged.js";
export {
  longest,
  type PaddingSide,
  padSequence,
  type PadSequenceOptions,
  padSteps,
} from "./data/pad-sequence.js";
export { type Sequence, type Steps, toSteps } from "./data/sequence.js";
export { unpadSequence, type UnpadSequenceOptions } from "./data/unpad-sequence.js";

// Workers and the loader
export {
  type Portable,
  type Recipe,
  type RecipeFunction,
  recipeOf,
  type ValueRecipe,
  type WorkerLine,
} from "./contracts/recipe.js";
export { DataLoader, type DataLoaderConstructor } from "./loader/data-loader.js";
export type { EpochRequest } from "./loader/loader.js";
export type { LoaderMetrics, StageMetrics, TimeMetrics } from "./loader/metrics/metrics.js";
export type { DataLoaderOptions } from "./loader/options.js";
export type { Pinnable } from "./workers/pinning/pin.js";
export type { LoaderState } from "./loader/resume/state.js";
export { getWorkerInfo } from "./workers/making/info.js";
export { portable } from "./workers/wire/portable.js";
