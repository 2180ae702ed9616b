/** @millrace/core: the DataLoader and everything around it; the plugin API; the spec and its line. */

// Everything of `@millrace/core/dataloader`, whole: a second list of its names would only drift from the first.
export * from "./dataloader.js";

// The end of the line
export {
  type AfterEvent,
  type Answers,
  type DeviceInfo,
  type EvaluateContext,
  type EvaluateResult,
  type ExportContext,
  type ExportExample,
  type ExportFormat,
  type ExportOutput,
  type ExportResult,
  type InputSteps,
  type Predictor,
  type TakenWeights,
  type TrainedContext,
  type WeightsChoice,
  weightsChoices,
} from "./contracts/after-training.js";
export type {
  BatchSource,
  CheckContext,
  CheckResult,
  EndOfTraining,
  EpochResult,
  FitContext,
  FitResult,
  InputForm,
  Metrics,
  MetricTable,
  ModelDefinition,
  ModelInput,
  Prediction,
  Resumed,
  TrainEvent,
} from "./contracts/training.js";
export type { Trainer } from "./contracts/trainer.js";

// The kit: rules that plugins share
export { checkIndex, resolveIndex } from "./kit/index-rule.js";
export { type ClassLabels, classLabels, labelUnknown, sortLabels } from "./kit/labels.js";

// Plugins
export { loadPlugin, type PluginModule, resolvePlugin } from "./plugin/load.js";
export {
  defineBatchSampler,
  defineCollate,
  defineModel,
  defineSampler,
  defineSource,
  defineTrainer,
  defineTransform,
  type InputsContext,
  type LooseFault,
  type LooseSample,
  type Plugin,
  type PluginContext,
  type PluginKind,
  pluginKinds,
  type Registrable,
  type SamplerContext,
  type SourceContext,
  type SourceInputs,
} from "./plugin/plugin.js";
export { Registry } from "./plugin/registry.js";
export { defineService, LoggerService, type Needs, type Resolved, type Service } from "./plugin/service.js";

// The spec
export { describeOptions, type OptionDescription } from "./spec/describe.js";
export { locateFaults } from "./spec/locate.js";
export { parseSpec, specInvalid } from "./spec/parse.js";
export { type Override, parseOverride, parseSpecText, readSpec, type SpecText } from "./spec/read.js";
export { type Spec, specSchema } from "./spec/schema.js";
export { type SourceEntry, sourcesOf } from "./spec/sources.js";
export type { Use } from "./spec/use.js";

// The line of a spec
export { type CheckedSpec, checkSpec } from "./line/check.js";
export { type Line, type LineOptions, openLine } from "./line/line.js";
export { rehearse } from "./line/rehearse.js";
export {
  askedSource,
  type EvaluationLine,
  openEvaluation,
  openPrediction,
  type PredictionLine,
  type TrainedLine,
} from "./line/after-training.js";
