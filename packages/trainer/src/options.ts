/** The options of the `tfjs` trainer. */
import { z } from "zod";
import { deviceNames } from "./devices/device.js";
import { lossNames } from "./losses/losses.js";
import { metricNames, metrics } from "./metrics/metrics.js";
import { optimizerOptions } from "./optimizers.js";

export const trainerOptions = z
  .strictObject({
    device: z
      .enum(["auto", ...deviceNames])
      .default("auto")
      .describe(
        "where to compute: auto takes the best there is; cuda and native need tfjs-node-gpu or tfjs-node; " +
          "wasm runs everywhere on one core; cpu is plain JavaScript, 100 times slower for images",
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
          "for each label, binaryCrossentropy for 0 and 1, meanSquaredError for numbers",
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
          "for meanSquaredError",
      ),
    input: z
      .string()
      .min(1)
      .optional()
      .describe("key of the model's input in a batch; the first that is not the target if not given"),
    target: z.string().min(1).optional().describe("key of the true values in a batch; label if not given"),
  })
  .superRefine((options, context) => {
    for (const [i, name] of (options.metrics ?? []).entries()) {
      if (metrics[name].suits.includes(options.loss)) continue;
      context.addIssue({
        code: "custom",
        path: ["metrics", i],
        message: `${name} does not suit the loss ${options.loss}`,
      });
    }
  });

export type TrainerOptions = z.output<typeof trainerOptions>;
