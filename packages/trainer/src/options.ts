/** The options of the `tfjs` trainer. */
import { z } from "zod";
import { deviceNames } from "./devices/device.js";
import { labelLosses, lossNames, picksOneLabel } from "./losses/losses.js";
import { metricNames, metrics } from "./metrics/metrics.js";
import { minDelta, monitorFields } from "./monitors/monitor.js";
import { optimizerOptions } from "./optimizers/optimizers.js";
import { scheduleOptions } from "./schedules/schedules.js";

const checkpointOptions = z
  .strictObject({
    everySteps: z
      .int()
      .min(1)
      .optional()
      .describe("also write the last checkpoint after every so many batches; only after epochs if not given"),
    best: z
      .union([z.literal(false), z.strictObject({ ...monitorFields, minDelta })])
      .default({ monitor: "loss", minDelta: 0 })
      .describe("what makes an epoch the best, whose checkpoint is kept beside the last; false keeps none"),
  })
  .describe("which checkpoints are kept");

const earlyStoppingOptions = z
  .strictObject({
    ...monitorFields,
    minDelta,
    patience: z
      .int()
      .min(0)
      .default(3)
      .describe("epochs in a row without anything better that are borne; 3 if not given"),
  })
  .describe("when to stop early");

export const trainerOptions = z
  .strictObject({
    device: z
      .enum(["auto", ...deviceNames])
      .default("auto")
      .describe(
        "where to compute: auto takes the best there is; cuda and native need tfjs-node-gpu or tfjs-node; " +
          "webgpu, for any GPU, needs the package webgpu; wasm runs everywhere on one core; cpu is plain JavaScript, " +
          "100 times slower for images",
      ),
    epochs: z.int().min(1).default(5).describe("passes over the training split; 5 if not given"),
    optimizer: optimizerOptions
      .default({ type: "adam", learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 })
      .describe("how gradients change the weights; Adam with learning rate 0.001 if not given"),
    loss: z
      .enum(lossNames)
      .default("sparseCategoricalCrossentropy")
      .describe(
        "what is minimized: sparseCategoricalCrossentropy for label indices, categoricalCrossentropy for a probability " +
          "for each label, binaryCrossentropy for 0 and 1; meanSquaredError, meanAbsoluteError and huber (squared up to " +
          "a distance of 1, linear beyond) for numbers",
      ),
    labelSmoothing: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe(
        "share of each target that goes to all labels alike, in training and measuring: sparseCategoricalCrossentropy and " +
          "categoricalCrossentropy only; none if not given",
      ),
    fromLogits: z
      .boolean()
      .optional()
      .describe(
        "whether the model's outputs are logits rather than probabilities; if not given, they are unless the model " +
          "ends in a softmax (or sigmoid, for binaryCrossentropy)",
      ),
    metrics: z
      .array(z.enum(metricNames))
      .optional()
      .describe(
        "what is measured beside the loss, from the same forward pass; if not given, accuracy, or meanAbsoluteError " +
          "for numbers; precision, recall and f1 are means over the labels; auc keeps two numbers for each sample",
      ),
    input: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .optional()
      .describe(
        "key of the model's input in a batch, or a list of the keys of several, which layers name in their inputs; the " +
          "first array that is neither target nor sampleWeight if not given",
      ),
    target: z.string().min(1).optional().describe("key of the true values in a batch; label if not given"),
    ignoreIndex: z
      .int()
      .default(-100)
      .describe(
        "label of answers that count neither in the loss nor in metrics, such as those to padding; " +
          "sparseCategoricalCrossentropy only; -100 if not given",
      ),
    schedule: scheduleOptions
      .optional()
      .describe("how the learning rate changes while training; it does not if not given"),
    clip: z
      .strictObject({
        norm: z
          .number()
          .positive()
          .optional()
          .describe("largest length of all gradients together; longer ones are scaled down to it"),
        value: z
          .number()
          .positive()
          .optional()
          .describe("largest absolute value of each number in a gradient"),
      })
      .default({})
      .describe("bounds for gradients; none if not given"),
    accumulate: z
      .int()
      .min(1)
      .default(1)
      .describe(
        "batches whose gradients make one update, as one batch of that many times the size; 1 if not given",
      ),
    maxSteps: z
      .int()
      .min(1)
      .optional()
      .describe("updates after which training ends; epochs decide if not given"),
    maxTime: z
      .number()
      .positive()
      .optional()
      .describe("seconds after which training ends; no limit if not given"),
    overfitBatches: z
      .int()
      .min(1)
      .optional()
      .describe(
        "train and validate on this many batches again and again, to see whether the model can learn at all",
      ),
    sanityCheck: z
      .boolean()
      .default(true)
      .describe(
        "measure one validation batch before the first epoch, so that faults show at once; true if not given",
      ),
    classWeights: z
      .union([z.array(z.number().min(0)), z.record(z.string(), z.number().min(0))])
      .optional()
      .describe(
        "how much a sample counts in the training loss by its label: a list by index, or numbers by label name, " +
          "others 1; every sample counts 1 if not given",
      ),
    sampleWeight: z
      .string()
      .min(1)
      .optional()
      .describe("key in a batch of how much each sample counts in the training loss; 1 if not given"),
    averageWeights: z
      .strictObject({
        decay: z
          .number()
          .gt(0)
          .lt(1)
          .default(0.999)
          .describe("share of the average that an update keeps; 0.999"),
      })
      .optional()
      .describe(
        "keep a running average of the weights (EMA), which is validated and saved; one more copy of the weights",
      ),
    earlyStopping: earlyStoppingOptions
      .optional()
      .describe("end training when a metric no longer gets better; never if not given"),
    checkpoints: z
      .union([z.literal(false), checkpointOptions])
      .default({ best: { monitor: "loss", minDelta: 0 } })
      .describe(
        "files from which training can go on, written after each epoch: 1 to 3 times the size of the weights; false " +
          "writes none",
      ),
    saveModel: z
      .enum(["last", "best"])
      .default("last")
      .describe(
        "which epoch's weights become the saved model; last if not given, best needs checkpoints.best",
      ),
  })
  .superRefine((options, context) => {
    const issue = (path: (string | number)[], message: string): void => {
      context.addIssue({ code: "custom", path, message });
    };
    const { checkpoints, saveModel, classWeights, loss, input } = options;
    for (const [i, name] of (typeof input === "object" ? input : []).entries()) {
      if (input?.indexOf(name) !== i) issue(["input", i], "every input must be named once");
    }
    if (saveModel === "best" && (checkpoints === false || checkpoints.best === false)) {
      issue(["saveModel"], "best needs the best checkpoint, which checkpoints turns off");
    }
    if (options.labelSmoothing !== undefined && !picksOneLabel.includes(loss)) {
      issue(["labelSmoothing"], `labelSmoothing does not suit the loss ${loss}`);
    }
    if (classWeights !== undefined && !labelLosses.includes(loss)) {
      issue(["classWeights"], `classWeights do not suit the loss ${loss}, which knows no labels`);
    }
    for (const [i, name] of (options.metrics ?? []).entries()) {
      if (metrics[name].suits.includes(loss)) continue;
      issue(["metrics", i], `${name} does not suit the loss ${loss}`);
    }
  });

export type TrainerOptions = z.output<typeof trainerOptions>;
