/** The plugins that need nothing but core. */
import bucketBatch from "./batch-samplers/bucket-batch.js";
import perSourceBatch from "./batch-samplers/per-source-batch.js";
import stratifiedBatch from "./batch-samplers/stratified-batch.js";
import tokenBudgetBatch from "./batch-samplers/token-budget-batch.js";
import cache from "./cache.js";
import defaultCollate from "./default-collate.js";
import generated from "./generated.js";
import sockets from "./groups/sockets.js";
import memory from "./memory.js";
import blockShuffle from "./samplers/block-shuffle.js";
import distributed from "./samplers/distributed.js";
import random from "./samplers/random.js";
import sequential from "./samplers/sequential.js";
import subset from "./samplers/subset.js";
import weightedRandom from "./samplers/weighted-random.js";
import cast from "./transforms/cast.js";
import clip from "./transforms/clip.js";
import concat from "./transforms/concat.js";
import dateParts from "./transforms/date-parts.js";
import fillMissing from "./transforms/fill-missing.js";
import hashBucket from "./transforms/hash-bucket.js";
import labelIndex from "./transforms/label-index.js";
import mapValues from "./transforms/map-values.js";
import minMax from "./transforms/min-max.js";
import oneHot from "./transforms/one-hot.js";
import rename from "./transforms/rename.js";
import select from "./transforms/select.js";
import standardize from "./transforms/standardize.js";

const sources = [memory, generated];
const samplers = [sequential, random, weightedRandom, subset, blockShuffle, distributed];
const batchSamplers = [bucketBatch, tokenBudgetBatch, stratifiedBatch, perSourceBatch];

const ofFields = [select, rename, cast, mapValues, clip, hashBucket, dateParts, concat];
const fitted = [fillMissing, standardize, minMax, oneHot, labelIndex];

export default [
  ...sources,
  cache,
  ...ofFields,
  ...fitted,
  ...samplers,
  ...batchSamplers,
  defaultCollate,
  sockets,
];
