/** What a report tells. */
import type { Spec } from "@millrace/core/spec";
import type { BadSamples } from "../run/bad-samples.js";
import type { RunHistory } from "../run/history.js";
import type { Html } from "./html.js";

export type RunStatus = "running" | "finished" | "stopped" | "failed";

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
  /** What there is to say of the trained model, once there is one. */
  readonly sections?: readonly Html[];
}
