/** The bad samples of one epoch: how many there are of how many, and when that is too many. */
import { MillraceError, type SerializedError } from "../../errors.js";
import type { Bad } from "../../workers/wire/protocol.js";

/** As a loader's state keeps it, for the epoch that it stands in. */
export interface SavedBad {
  /** Samples that the epoch has come to so far, and how many of them were bad. */
  readonly samples: number;
  readonly bad: number;
  /** The error of the first. */
  readonly first?: Omit<SerializedError, "cause">;
}

export interface BadRule {
  /** The largest share that may be bad; `usualMaxRatio` where undefined, and then `alwaysAllowed` of them in any case. */
  readonly maxRatio: number | undefined;
}

export const usualMaxRatio = 0.1;
const alwaysAllowed = 10;

/** Samples at the beginning of an epoch that count as one: a share of fewer says little. */
const firstSamples = 1000;

export class EpochBad {
  readonly #epoch: number;
  readonly #maxRatio: number | undefined;
  /** As many count as if they had been seen already. */
  readonly #least: number;
  #samples: number;
  #bad: number;
  #first: SerializedError | undefined;
  #over = false;

  /** `total` is how many samples the epoch has, where that is known. */
  constructor(epoch: number, { maxRatio }: BadRule, total = Infinity, from?: SavedBad) {
    this.#epoch = epoch;
    this.#maxRatio = maxRatio;
    this.#least = Math.min(total, firstSamples);
    this.#samples = from?.samples ?? 0;
    this.#bad = from?.bad ?? 0;
    this.#first = from?.first;
  }

  /** True once there were too many. */
  get isOver(): boolean {
    return this.#over;
  }

  /**
   * A batch of so many samples is handed out.
   * @throws MillraceError BAD_SAMPLES where there are too many, or the first error where all that came so far are bad.
   */
  add(samples: number, bad: readonly Bad[] = []): void {
    this.#samples += samples;
    if (bad.length === 0) return;
    for (const { drawn, error } of bad) {
      if (drawn) continue;
      this.#bad++;
      this.#first ??= error;
    }
    const fault = this.#judge(Math.max(this.#samples, this.#least));
    if (fault !== undefined) throw fault;
  }

  /** What is to be said at the end of the epoch, by what there was. */
  fault(): MillraceError | undefined {
    return this.#bad > 0 ? this.#judge(this.#samples) : undefined;
  }

  save(): SavedBad {
    const [samples, bad] = [this.#samples, this.#bad];
    if (this.#first === undefined) return { samples, bad };
    const { code, message, hint, where, details } = this.#first;
    return { samples, bad, first: { code, message, ...(hint !== undefined && { hint }), where, details } };
  }

  /** Once: whoever asks on comes to the end. */
  #judge(among: number): MillraceError | undefined {
    if (this.#over) return undefined;
    const least = this.#maxRatio === undefined ? alwaysAllowed : 0;
    const allowed = Math.max((this.#maxRatio ?? usualMaxRatio) * among, least);
    const isAll = this.#bad === this.#samples;
    if (this.#bad <= allowed && !(isAll && this.#samples >= among)) return undefined;
    this.#over = true;
    return isAll ? this.#nothing() : this.#tooMany();
  }

  #nothing(): MillraceError {
    const first = this.#error();
    const { code, message, hint, where, cause } = first;
    const many = this.#samples === 1 ? "the only sample" : `all of ${this.#samples} samples`;
    const details = [...first.details, `${many} of epoch ${this.#epoch} so far failed; this is the first`];
    return new MillraceError(code, message, { ...(hint !== undefined && { hint }), where, details, cause });
  }

  #tooMany(): MillraceError {
    const first = this.#error();
    const ratio = this.#maxRatio ?? usualMaxRatio;
    return new MillraceError(
      "BAD_SAMPLES",
      `at most ${ratio * 100} % of the samples may be bad (maxRatio ${ratio}), but ${this.#bad} of ${this.#samples} were`,
      {
        cause: first,
        where: [`epoch ${this.#epoch}`],
        details: [`the first: ${first.describe().replaceAll("\n", "\n  ")}`],
        hint: "Mend the data, or raise maxRatio.",
      },
    );
  }

  #error(): MillraceError {
    return MillraceError.fromJSON(this.#first as SerializedError);
  }
}
