/** What a loader does about bad samples from epoch to epoch: which are named in the log, and which go to a file. */
import type { BadSample } from "../../contracts/batch.js";
import type { OnError } from "../../contracts/loader-options.js";
import type { Logger } from "../../contracts/logger.js";
import type { QuarantineEntry } from "../../data/quarantine.js";
import { type SampleName, sampleName } from "../../data/sample-name.js";
import { messageOf, MillraceError } from "../../errors.js";
import type { Bad, Tolerance } from "../../workers/wire/protocol.js";
import { type BadRule, EpochBad, type SavedBad } from "./epoch-bad.js";

export interface BadSamplesOptions extends BadRule {
  readonly onError: Exclude<OnError, "fail">;
  /** What the samples' indices count in. */
  readonly dataset: unknown;
  readonly seed: number;
  readonly population: Tolerance["population"];
  readonly logger: Logger | undefined;
  /** Called with each bad sample, once. */
  readonly tell: (sample: QuarantineEntry) => void;
}

/** So many are named in the log; the others are counted. */
const mostNamed = 5;

export class BadSamples {
  readonly tolerance: Tolerance;
  readonly #options: BadSamplesOptions;
  /** Those that were told of. */
  readonly #told = new Set<string | number>();

  constructor(options: BadSamplesOptions) {
    const { onError, seed, population } = options;
    this.#options = options;
    this.tolerance = { replaces: onError === "replace", seed, ...(population && { population }) };
  }

  /** `total` is how many samples the epoch has, where that is known. */
  begin(epoch: number, total: number | undefined, from: SavedBad | undefined): BadOfEpoch {
    return new BadOfEpoch(new EpochBad(epoch, this.#options, total, from), (bad) => this.#tell(bad, epoch));
  }

  #tell(bad: Bad, epoch: number): void {
    const { dataset, tell } = this.#options;
    const { index, shard, stage, reason, code } = bad;
    const told = bad.key ?? (shard === undefined ? index : `${shard} ${index}`);
    if (this.#told.has(told)) return;
    this.#told.add(told);
    const name = bad.key === undefined ? sampleName(dataset, index) : { index, key: bad.key };
    tell({ ...name, ...(shard !== undefined && { shard }), stage, reason, code, epoch });
    if (this.#told.size <= mostNamed) this.#say(bad, name, epoch);
    else if (this.#told.size === mostNamed + 1)
      this.#warn({ epoch }, "further bad samples are counted, not named");
  }

  #say(bad: Bad, { index, key }: SampleName, epoch: number): void {
    const { onError } = this.#options;
    const { stage, reason, code, shard } = bad;
    const done = bad.drawn
      ? "is not taken"
      : onError === "replace"
        ? "is replaced by another"
        : "is left out";
    const of = shard === undefined ? "" : ` of shard ${shard}`;
    const name = `sample ${index}${of}${key === undefined ? "" : ` (${key})`}`;
    this.#warn({ index, key, shard, stage, code, epoch }, `${name} ${done}: ${reason} (${stage})`);
  }

  #warn(fields: object, text: string): void {
    const { logger } = this.#options;
    if (logger === undefined) process.emitWarning(text, { code: "MILLRACE_BAD_SAMPLE" });
    else logger.warn(fields, text);
  }
}

/** One iteration. */
export class BadOfEpoch {
  readonly #counted: EpochBad;
  readonly #tell: (bad: Bad) => void;

  constructor(counted: EpochBad, tell: (bad: Bad) => void) {
    this.#counted = counted;
    this.#tell = tell;
  }

  /** A batch of so many samples is handed out. @throws MillraceError where there were too many bad ones. */
  add(samples: number, bad: readonly Bad[] = []): void {
    for (const each of bad) this.#tell(each);
    this.#counted.add(samples, bad);
  }

  /** True once there were too many: the epoch goes no further. */
  get isOver(): boolean {
    return this.#counted.isOver;
  }

  /** What is to be said when the epoch has no more: that there were too many. */
  fault(): MillraceError | undefined {
    return this.#counted.fault();
  }

  save(): SavedBad {
    return this.#counted.save();
  }
}

/** What a batch says of its bad samples: plain data, without their errors. */
export function toldOf(bad: readonly Bad[]): readonly BadSample[] {
  return bad.map((each) => {
    const told: BadSample & { error?: unknown } = { ...each };
    delete told.error;
    return told;
  });
}

/** The error of a batch for whose places no sample was found, or of which nothing is left. */
export function errorOf([{ error: first }]: readonly Bad[], why: string): MillraceError {
  const error = MillraceError.fromJSON(first);
  const { code, message, hint, where, cause } = error;
  const details = [...error.details, why];
  return new MillraceError(code, messageOf({ message }), {
    ...(hint !== undefined && { hint }),
    where,
    cause,
    details,
  });
}
