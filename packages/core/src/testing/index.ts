/**
 * @millrace/core/testing: one suite of laws per contract, for vitest or `node --test`. Each plugin's own test holds only its quirks.
 *
 * Call a suite at the top level of a test file, or inside `describe`; it adds a `describe` of its own.
 */
export { type BatchSamplerSuite, testBatchSampler } from "./batch-sampler.js";
export { type CollateSuite, testCollate } from "./collate.js";
export { type GroupSuite, testGroup } from "./group.js";
export { type CollectedTest, collectTests } from "./harness.js";
export { type BuiltModel, type ModelSuite, testModel } from "./model.js";
export type { InvalidOptions, Later, PluginSuite } from "./plugin.js";
export { type SamplerSuite, testSampler } from "./sampler.js";
export { type SourceSuite, testSource } from "./source.js";
export { testTrainer, type TrainerSuite } from "./trainer.js";
export { testTransform, type TransformSuite } from "./transform.js";
