/** What a training is made of, and what it comes to. */
import type { EpochResult, FitContext, Metrics } from "@millrace/core/spec";
import type { Feed } from "../feeding/feed.js";
import type { Place } from "../feeding/place.js";
import type { Together } from "../group/together.js";
import type { Gallery } from "../measuring/gallery.js";
import type { Tallies } from "../measuring/tallies.js";
import type { TrainerOptions } from "../options.js";
import type { Found } from "./checkpoint.js";
import type { EndOfTraining } from "./pass.js";
import type { Session } from "./session.js";

export interface Trained {
  readonly epochs: readonly EpochResult[];
  readonly metrics: Metrics;
  readonly endedBy: EndOfTraining;
  readonly gallery: Gallery;
  /** Of the last pass that decides. */
  readonly tallies: Tallies | undefined;
}

export interface TrainingParts {
  readonly options: TrainerOptions;
  readonly context: FitContext;
  readonly session: Session;
  readonly resumed: Found | undefined;
  /** Where the first epoch begins, and what the source said of itself before `feed` was made. */
  readonly place: Place;
  /** The batches of that epoch. */
  readonly feed: Feed;
  readonly together: Together;
}
