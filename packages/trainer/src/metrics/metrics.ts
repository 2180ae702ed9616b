/** Every metric by name. */
import { accuracy } from "./accuracy.js";
import { meanAbsoluteError } from "./mean-absolute-error.js";
import type { Metric } from "./metric.js";

export const metricNames = ["accuracy", "meanAbsoluteError"] as const;

export type MetricName = (typeof metricNames)[number];

export const metrics: Readonly<Record<MetricName, Metric>> = { accuracy, meanAbsoluteError };
