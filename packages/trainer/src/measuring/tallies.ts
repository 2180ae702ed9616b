/** What a pass over a split has measured so far: the mean loss and every metric, every answer counting once. */
import type { FitResult, Metrics } from "@millrace/core/spec";
import { addTally, emptyTally, type Outcome, type Tally } from "../metrics/metric.js";
import { type MetricName, metrics } from "../metrics/metrics.js";

/** What one batch came to. */
export interface Measured {
  /** With what regularizers add. */
  readonly loss: number;
  readonly outcome: Outcome;
  /** The loss of each sample alone, where it was asked for. */
  readonly each?: ArrayLike<number>;
}

/** As JSON. */
export interface TalliesState {
  readonly samples: number;
  readonly loss: number;
  readonly share: number;
  readonly units: number;
  readonly tallies: readonly { readonly sums: readonly number[]; readonly list: readonly number[] }[];
}

export class Tallies {
  readonly #names: readonly MetricName[];
  #tallies: Tally[] = [];
  #loss = 0;
  #share = 0;
  #units = 0;
  samples = 0;

  constructor(names: readonly MetricName[], state?: TalliesState) {
    this.#names = names;
    if (state === undefined || state.tallies.length !== names.length) return;
    this.samples = state.samples;
    this.#loss = state.loss;
    this.#share = state.share;
    this.#units = state.units;
    this.#tallies = state.tallies.map(({ sums, list }) => ({
      sums: Float64Array.from(sums),
      // JSON has no NaN.
      list: list.map((value: number | null) => value ?? Number.NaN),
    }));
  }

  /** What several processes have counted, in their order. */
  static merged(names: readonly MetricName[], states: readonly TalliesState[]): Tallies {
    const [first, ...others] = states
      .filter(({ samples }) => samples > 0)
      .map((state) => new Tallies(names, state));
    for (const other of others) first.#take(other);
    return first ?? new Tallies(names);
  }

  add({ loss, outcome }: Measured): void {
    if (this.#tallies.length === 0) {
      this.#units = outcome.units;
      this.#tallies = this.#names.map((name) => emptyTally(metrics[name], outcome.units));
    }
    for (const [i, name] of this.#names.entries()) metrics[name].count(this.#tallies[i], outcome);
    this.#loss += loss * outcome.share;
    this.#share += outcome.share;
    this.samples += outcome.samples;
  }

  #take(other: Tallies): void {
    for (const [i, tally] of this.#tallies.entries()) addTally(tally, other.#tallies[i]);
    this.#loss += other.#loss;
    this.#share += other.#share;
    this.samples += other.samples;
  }

  /** Whether there were samples, but no answer of theirs that counts. */
  get countsNothing(): boolean {
    return this.samples > 0 && this.#share === 0;
  }

  /** Undefined before the first step. */
  get values(): Metrics | undefined {
    if (this.samples === 0) return undefined;
    const values: Record<string, number> = { loss: this.#share > 0 ? this.#loss / this.#share : 0 };
    for (const [i, name] of this.#names.entries()) {
      const value = metrics[name].value?.(this.#tallies[i], this.#units);
      if (value !== undefined) values[name] = value;
    }
    return values;
  }

  tables(labels: readonly string[] | undefined): NonNullable<FitResult["tables"]> {
    if (this.samples === 0) return [];
    return this.#names.flatMap((name, i) => {
      const table = metrics[name].table?.(this.#tallies[i], this.#units, labels);
      return table === undefined ? [] : [table];
    });
  }

  state(): TalliesState {
    const tallies = this.#tallies.map(({ sums, list }) => ({ sums: [...sums], list }));
    return { samples: this.samples, loss: this.#loss, share: this.#share, units: this.#units, tallies };
  }
}
