/** Results that are tables. */
import type { FitResult } from "@millrace/core/spec";

export type MetricTable = NonNullable<FitResult["tables"]>[number];
