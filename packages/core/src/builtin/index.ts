/** The plugins that need nothing but core. */
import cache from "./cache.js";
import defaultCollate from "./default-collate.js";
import generated from "./generated.js";
import memory from "./memory.js";
import random from "./samplers/random.js";
import sequential from "./samplers/sequential.js";

export default [memory, generated, cache, sequential, random, defaultCollate];
