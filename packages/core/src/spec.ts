/** @millrace/core/spec: specs read, checked and opened, for programs that run them: what the `millrace` command is made of. */

// Plugins found and registered
export { loadPlugin, type PluginModule, resolvePlugin } from "./plugin/load.js";
export { pluginKinds } from "./plugin/plugin.js";
export { Registry, type RegistryOptions } from "./plugin/registry.js";

// The spec
export { describeOptions, type OptionDescription, type OptionPart } from "./spec/describe.js";
export { editSpec, editValue, type SpecEdit } from "./spec/edit.js";
export { locateFaults } from "./spec/locate.js";
export { parseSpec, specInvalid } from "./spec/parse.js";
export {
  type Override,
  parseOverride,
  parseSpecText,
  readSpec,
  type SpecReference,
  type SpecText,
} from "./spec/read.js";
export { type JsonSchemaOptions, specJsonSchema } from "./spec/json-schema.js";
export type { JsonSchema } from "./spec/json-schema-parts.js";
export { type Spec, specSchema } from "./spec/schema.js";
export { nameSchema, type SpecForm, specFormOf, writeSpecText } from "./spec/write.js";
export { type SourceEntry, sourcesOf } from "./spec/sources.js";
export { isFor, type TransformUse, type Use } from "./spec/use.js";

// The line of a spec
export { type CheckedSpec, type CheckOptions, checkSpec, loadPlugins } from "./line/check.js";
export { type Line, type LineOptions, openLine } from "./line/line.js";
export type { FitEvent } from "./line/fit/pass.js";
export { fittedFile, readFitted, writeFitted } from "./line/fit/files.js";
export type { FittedTransform } from "./line/fit/fitted.js";
export { rehearse } from "./line/rehearse.js";
export { sampleFault } from "./line/sample-fault.js";
export { noSplit } from "./line/split.js";
export { type BatchPlan, type EpochPlan, type MakersPlan, type Plan, planLine } from "./line/plan/plan.js";
export { type Extent, type FieldForm, formsOf, sameForm, shapeText } from "./line/plan/forms.js";
export type { Stage, Stages } from "./line/plan/stages.js";
export {
  askedSource,
  type EvaluationLine,
  openEvaluation,
  openPrediction,
  type PredictionLine,
  type TrainedLine,
} from "./line/after-training.js";
export {
  canContinue,
  type Continuation,
  type Generated,
  generate,
  type GenerateOptions,
  type Prompt,
} from "./line/generate.js";

// The end of the line: what a trainer is given, and what it answers
export { knownLength, knownSamples } from "./contracts/lengths.js";
export {
  type AfterEvent,
  type AnswerOptions,
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
export type { CheckContext, CheckResult, LayerForm, MemoryEstimate } from "./contracts/checking.js";
export type {
  BatchSource,
  EndOfTraining,
  EpochResult,
  FitContext,
  FitResult,
  InputForm,
  Inverses,
  Metrics,
  MetricTable,
  ModelInput,
  Prediction,
  Resumed,
  SampleInput,
  TrainEvent,
} from "./contracts/training.js";
