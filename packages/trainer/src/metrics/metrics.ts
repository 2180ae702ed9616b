/** Every metric by name. */
import { accuracy } from "./accuracy.js";
import { auc } from "./auc.js";
import { confusionMatrix } from "./confusion-matrix.js";
import type { Metric } from "./metric.js";
import { meanAbsoluteError, rSquared } from "./numbers.js";
import { perplexity } from "./perplexity.js";
import { f1, precision, recall } from "./precision-recall.js";
import { topK } from "./top-k.js";

export const metricNames = [
  "accuracy",
  "topK",
  "precision",
  "recall",
  "f1",
  "auc",
  "confusionMatrix",
  "perplexity",
  "meanAbsoluteError",
  "rSquared",
] as const;

export type MetricName = (typeof metricNames)[number];

export const metrics: Readonly<Record<MetricName, Metric>> = {
  accuracy,
  topK,
  precision,
  recall,
  f1,
  auc,
  confusionMatrix,
  perplexity,
  meanAbsoluteError,
  rSquared,
};
