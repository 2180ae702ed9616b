/** The plugins that need nothing but core. */
import bucketBatch from "./batch-samplers/bucket-batch.js";
import perSourceBatch from "./batch-samplers/per-source-batch.js";
import stratifiedBatch from "./batch-samplers/stratified-batch.js";
import tokenBudgetBatch from "./batch-samplers/token-budget-batch.js";
import cache from "./cache.js";
import defaultCollate from "./default-collate.js";
import generated from "./generated.js";
import memory from "./memory.js";
import blockShuffle from "./samplers/block-shuffle.js";
import distributed from "./samplers/distributed.js";
import random from "./samplers/random.js";
import sequential from "./samplers/sequential.js";
import subset from "./samplers/subset.js";
import weightedRandom from "./samplers/weighted-random.js";

const sources = [memory, generated];
const samplers = [sequential, random, weightedRandom, subset, blockShuffle, distributed];
const batchSamplers = [bucketBatch, tokenBudgetBatch, stratifiedBatch, perSourceBatch];

export default [...sources, cache, ...samplers, ...batchSamplers, defaultCollate];
