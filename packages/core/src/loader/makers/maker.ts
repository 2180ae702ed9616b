/** Who makes the batches of a pass: the one interface of this thread, of workers, of a stream, and of "auto". */
import type { Fetched } from "../../workers/main-end/requests.js";
import type { Job } from "../assignment.js";
import type { Position } from "../resume/position.js";

/** The epoch ran to its end, or was left early or aborted; or a worker did not answer in time. */
export type Ending = "complete" | "left" | "hung";

/** Makes the batches of one pass. */
export interface Maker {
  /** A batch; undefined if the stream that makes it has ended. */
  make(job: Job): Promise<Fetched | undefined>;
  /** What is at work on a job, innermost first: stage, sample. */
  whereabouts(job: Job): readonly string[];
  /** Called once. Waits for what ends with the pass, never for batches that are under way. */
  end(how: Ending): Promise<void>;
}

/** Where a pass begins. */
export interface Start {
  readonly epoch: number;
  readonly position: Position;
  readonly baseSeed: bigint;
}
