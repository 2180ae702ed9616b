/** What a report tells. */
import type { LoaderMetrics } from "@millrace/core/dataloader";
import type { Spec } from "@millrace/core/spec";
import type { BadSamples } from "../run/bad-samples.js";
import type { RunHistory, RunStatus } from "../run/history.js";
import type { Html } from "./html.js";

export interface Report {
  readonly name: string;
  readonly status: RunStatus;
  readonly startedAt: Date;
  readonly seconds: number;
  readonly spec: Spec;
  /** "4,000 training and 1,000 validation samples". */
  readonly data: string;
  readonly history: RunHistory;
  /** The samples that were passed over. */
  readonly bad?: Pick<BadSamples, "named" | "count">;
  /** The line as it is at work. */
  readonly line?: {
    /** Of the training samples' loader, as they are now. */
    readonly metrics: () => LoaderMetrics;
    /** What is not trained on, and why, in sentences. */
    readonly skipped: readonly string[];
  };
  /** The first batch, once there was one. */
  readonly firstBatch?: Html | undefined;
  /** What there is to say of the trained model, once there is one. */
  readonly sections?: readonly Html[];
}
