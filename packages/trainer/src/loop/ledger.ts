/** What a run knows of itself beside its weights: results, what is watched, and the checkpoints that hold both. */
import type { EpochResult, FitContext, Metrics } from "@millrace/core/spec";
import type { Found, RunState } from "./checkpoint.js";
import { Keeper } from "./keeper.js";
import { Monitor } from "../monitors/monitor.js";
import type { TrainerOptions } from "../options.js";
import type { Together } from "../group/together.js";
import { placeOfAll } from "../group/places.js";
import type { Arrays } from "./learned.js";
import type { Learner } from "./learner.js";
import type { Place } from "../feeding/place.js";
import type { Tallies } from "../measuring/tallies.js";

type LedgerOptions = Pick<TrainerOptions, "checkpoints" | "earlyStopping">;

export interface LedgerParts extends Pick<FitContext, "runDir" | "seed"> {
  readonly together: Together;
}

export class Ledger {
  readonly results: EpochResult[] = [];
  readonly #keeper: Keeper;
  readonly #together: Together;
  readonly #seed: number;
  readonly #patience: number;
  readonly #earlyStopping: Monitor | undefined;
  readonly #best: Monitor | undefined;
  readonly #started = performance.now();
  #secondsBefore = 0;
  #kept: { readonly place: Place; readonly tallies: Tallies | null } | undefined;
  #cutShort: EpochResult | undefined;

  constructor({ checkpoints, earlyStopping }: LedgerOptions, { runDir, seed, together }: LedgerParts) {
    this.#together = together;
    this.#keeper = new Keeper(runDir);
    this.#seed = seed;
    this.#patience = earlyStopping?.patience ?? Number.POSITIVE_INFINITY;
    this.#earlyStopping = earlyStopping && new Monitor(earlyStopping);
    this.#best = checkpoints && checkpoints.best ? new Monitor(checkpoints.best) : undefined;
  }

  /** Seconds of training, also before it was resumed. */
  get seconds(): number {
    return this.#secondsBefore + (performance.now() - this.#started) / 1000;
  }

  /** Whether early stopping has lost its patience. */
  get isTired(): boolean {
    return (this.#earlyStopping?.waited ?? 0) > this.#patience;
  }

  get hasBest(): boolean {
    return this.#best?.hasBest === true;
  }

  /** What the last epoch measured. */
  get metrics(): Metrics {
    return metricsOf(this.results.at(-1));
  }

  /** What the resumed run measured of the epoch in which it ended, before that epoch's end. */
  get cutShort(): EpochResult | undefined {
    return this.#cutShort;
  }

  /** Whether this epoch is the best so far. */
  observe(metrics: Metrics): boolean {
    this.#earlyStopping?.observe(metrics);
    return this.#best?.observe(metrics) === true;
  }

  async takeUp({ state, path }: Found): Promise<void> {
    const sameBest = state.best !== null && this.#best?.restore(state.best) === true;
    if (state.earlyStopping !== null) this.#earlyStopping?.restore(state.earlyStopping);
    this.results.push(...state.epochs.filter(({ epoch }) => epoch < state.place.epoch));
    this.#cutShort = state.epochs.find(({ epoch }) => epoch === state.place.epoch);
    this.#secondsBefore = state.seconds;
    // What was best by another number is not the best of this run.
    if (sameBest && this.#together.isFirst) await this.#keeper.inheritBest(path);
  }

  /** Writes the last checkpoint; `place` is where a later run goes on, `tallies` what the epoch has measured so far. */
  async keepLast(learner: Learner, place: Place, tallies: Tallies | null): Promise<void> {
    this.#kept = { place, tallies };
    await this.#keep(learner, place, tallies, (state, arrays) => this.#keeper.keepLast(state, arrays));
  }

  /** Writes it again, with the results that have come since. */
  async keepLastAgain(learner: Learner): Promise<void> {
    if (this.#kept !== undefined) await this.keepLast(learner, this.#kept.place, this.#kept.tallies);
  }

  async keepBest(learner: Learner, place: Place): Promise<void> {
    await this.#keep(learner, place, null, (state, arrays) => this.#keeper.keepBest(state, arrays));
  }

  /** Puts the best epoch's weights in place, and returns what it measured. */
  async takeBest(learner: Learner): Promise<Metrics> {
    const { state, arrays } = await this.#together.shareTensors(() => this.#keeper.best());
    const { learner: learned, epochs } = state as RunState;
    await learner.restore(learned, arrays);
    return metricsOf(epochs.at(-1));
  }

  /** By rank 0; no other runs ahead of what is kept. */
  async #keep(
    learner: Learner,
    place: Place,
    tallies: Tallies | null,
    write: (state: RunState, arrays: Arrays) => Promise<void>,
  ): Promise<void> {
    const together = this.#together;
    await learner.averageStatistics();
    const ofAll = await placeOfAll(together, place);
    if (together.isFirst) await write(this.#state(learner, ofAll, tallies), await learner.save());
    await together.barrier();
  }

  #state(learner: Learner, place: Place, tallies: Tallies | null): RunState {
    return {
      version: 1,
      seed: this.#seed,
      place,
      learner: learner.state(),
      earlyStopping: this.#earlyStopping?.state() ?? null,
      best: this.#best?.state() ?? null,
      tallies: tallies?.state() ?? null,
      epochs: this.results,
      seconds: this.seconds,
    };
  }
}

function metricsOf(result: EpochResult | undefined): Metrics {
  return result?.validation ?? result?.train ?? {};
}
