/** A project before it is written. */

/** A spec to be written, and what the files around it say of it. */
export interface ProjectPlan {
  /** As `commentedJson` takes it. */
  readonly spec: object;
  /** What was seen, a line each. */
  readonly found: readonly string[];
  /** What decided it, a line each, for the terminal and the README. */
  readonly decisions: readonly string[];
  /** What a model has to beat. */
  readonly baseline?: string;
  /** Further files by name. */
  readonly files: Readonly<Record<string, string>>;
  /** What stands behind `millrace predict runs/first`; undefined where there is nothing to be asked. */
  readonly question?: string;
  /** Packages beside the runner. */
  readonly packages: Readonly<Record<string, string>>;
}

/** Shares of the samples: a test split where there are enough to spare. */
export function splitOf(samples: number): { train: number; validation: number; test?: number } {
  return samples >= 2000 ? { train: 0.8, validation: 0.1, test: 0.1 } : { train: 0.8, validation: 0.2 };
}

/** About a hundred steps an epoch, in batches that neither flicker nor blur. */
export function batchSizeOf(samples: number, most = 256): number {
  const wanted = (samples * 0.8) / 60;
  return Math.min(most, Math.max(16, 2 ** Math.round(Math.log2(Math.max(1, wanted)))));
}

/** So many that about `steps` steps are made, and the samples are seen often enough. */
export function epochsOf(samples: number, batchSize: number, steps: number, most: number): number {
  const perEpoch = Math.max(1, Math.floor((samples * 0.8) / batchSize));
  return Math.min(most, Math.max(5, Math.ceil(steps / perEpoch)));
}

export function splitNote(samples: number, stratified: boolean): string {
  const test =
    samples >= 2000 ? "; `millrace evaluate RUN --split test` measures on what neither has seen" : "";
  return `${samples.toLocaleString("en")} samples${stratified ? ", each class in proportion" : ""}${test}`;
}
