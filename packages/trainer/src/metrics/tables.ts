/** Results that are tables. */
import type { FitResult } from "@millrace/core";

export type MetricTable = NonNullable<FitResult["tables"]>[number];
