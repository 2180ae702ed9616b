/** One run from epoch to epoch: learning, measuring, deciding, and keeping what a later run needs to go on. */
import { type BatchSource, type EpochResult, knownLength, type Metrics } from "@millrace/core/spec";
import { checkSanity, type EpochTrained, measureSplit, trainEpoch } from "./epoch.js";
import type { EndOfTraining } from "./pass.js";
import { divergedAfter, refuseBroken } from "./diverged.js";
import { Feed } from "../feeding/feed.js";
import { Ledger } from "./ledger.js";
import { emptyValidation, isLastStep } from "./lengths.js";
import { isOfStream } from "../group/places.js";
import { counted, type Place, stateOf } from "../feeding/place.js";
import { Gallery } from "../measuring/gallery.js";
import type { Trained, TrainingParts } from "./training-parts.js";
import type { Tallies } from "../measuring/tallies.js";

export class Training {
  readonly #parts: TrainingParts;
  readonly #ledger: Ledger;
  readonly #gallery: Gallery;
  #metrics: Metrics = {};
  #tallies: Tallies | undefined;

  constructor(parts: TrainingParts) {
    const { options, context } = parts;
    this.#parts = parts;
    const { runDir, seed } = context;
    this.#ledger = new Ledger(options, { runDir, seed, together: parts.together });
    this.#gallery = new Gallery(parts.session.parts.ignored);
  }

  async run(): Promise<Trained> {
    const { options, context, place, resumed, session, together } = this.#parts;
    const { learner } = session;
    const { maxTime = Number.POSITIVE_INFINITY } = options;
    together.watch(() => this.#ledger.seconds >= maxTime);
    if (resumed === undefined) {
      await learner.share();
      await this.#checkSanity();
    } else {
      await learner.restore(resumed.state.learner, resumed.arrays);
      await this.#ledger.takeUp(resumed);
      this.#metrics = this.#ledger.metrics;
    }
    let endedBy = await this.#endAgreed(place.epoch);
    const { cutShort } = this.#ledger;
    if (endedBy !== undefined && cutShort !== undefined) this.#count(cutShort);
    for (let at = place; endedBy === undefined; at = this.#startOf(at.epoch + 1)) {
      endedBy = (await this.#epoch(at)) ?? (await this.#endAgreed(at.epoch + 1));
    }
    if (context.signal.aborted) endedBy = "signal";
    else if (!(await together.any(!this.#gallery.isUnused))) await this.#validate(options.epochs);
    const takesBest = options.saveModel === "best" && this.#ledger.hasBest;
    if (takesBest) {
      this.#metrics = await this.#ledger.takeBest(learner);
      // What is told of the model, beside its metrics, shall be told of these weights.
      await this.#validate(options.epochs);
    }
    await learner.averageStatistics();
    learner.settle();
    if (!together.isAlone) this.#gallery.join(await together.gather(this.#gallery.held()));
    const [epochs, metrics, tallies] = [this.#ledger.results, this.#metrics, this.#tallies];
    return { epochs, metrics, endedBy, gallery: this.#gallery, tallies };
  }

  /** Learns, measures and decides; a reason ends the training. */
  async #epoch(place: Place): Promise<EndOfTraining | undefined> {
    const { context, options, session } = this.#parts;
    const { epoch } = place;
    const trained = await this.#train(place);
    if (trained.ended === undefined && !context.signal.aborted) session.learner.flush(epoch);
    await refuseBroken(session.learner, epoch);
    const train = trained.tallies.values;
    this.#metrics = train ?? this.#metrics;
    this.#tallies = trained.tallies;
    if (context.signal.aborted) {
      // The signal came while the step waited for data: there is no checkpoint after the last step yet.
      const { ended, next, tallies } = trained;
      if (options.checkpoints && ended === undefined && next > place.batch)
        await this.#ledger.keepLast(session.learner, counted(place, next), tallies);
      return "signal";
    }
    const isPartial = trained.ended !== undefined;
    const validation = await this.#validate(epoch);
    if (context.signal.aborted) {
      const here = counted(place, trained.next);
      if (!isPartial && options.checkpoints)
        await this.#ledger.keepLast(session.learner, here, trained.tallies);
      return "signal";
    }
    if (train === undefined) return trained.ended;
    const { seconds, samplesPerSecond, dataWait, upload, allreduce } = trained;
    const timing = {
      seconds,
      samplesPerSecond,
      dataWait,
      upload,
      ...(allreduce !== undefined && { allreduce }),
    };
    this.#count({ epoch, train, ...(validation && { validation }), ...timing });
    if (isPartial && options.checkpoints) await this.#ledger.keepLastAgain(session.learner);
    await this.#decide(epoch, isPartial);
    return this.#ledger.isTired ? "earlyStopping" : trained.ended;
  }

  #count(result: EpochResult): void {
    this.#ledger.results.push(result);
    this.#metrics = this.#ledger.metrics;
    this.#parts.context.report({ type: "epoch", ...result });
  }

  /** After an epoch that ended early there is a checkpoint from within it already. */
  async #decide(epoch: number, isPartial: boolean): Promise<void> {
    const { options, session } = this.#parts;
    const { learner } = session;
    const isBest = this.#ledger.observe(this.#metrics);
    learner.schedule.observe?.(this.#metrics);
    const next = this.#startOf(epoch + 1);
    if (isBest) await this.#ledger.keepBest(learner, next);
    if (options.checkpoints && !isPartial) await this.#ledger.keepLast(learner, next, null);
  }

  /** Why training does not go on with `epoch`, if it does not. */
  #endOf(epoch: number): EndOfTraining | undefined {
    const { options, context, session, together } = this.#parts;
    const { maxSteps = Number.POSITIVE_INFINITY, epochs } = options;
    if (context.signal.aborted) return "signal";
    if (session.learner.updates >= maxSteps) return "maxSteps";
    if (together.isLate) return "maxTime";
    if (this.#ledger.isTired) return "earlyStopping";
    return epoch >= epochs ? "epochs" : undefined;
  }

  /** Between epochs, where no step has agreed on it. */
  async #endAgreed(epoch: number): Promise<EndOfTraining | undefined> {
    await this.#parts.together.agree();
    return this.#endOf(epoch);
  }

  /** The beginning of an epoch that has not been asked for yet. */
  #startOf(epoch: number): Place {
    return { epoch, batch: 0, source: stateOf(this.#parts.context.train) };
  }

  #train(place: Place): Promise<EpochTrained> {
    const { context, options, session, resumed, feed, together } = this.#parts;
    const { train, validation, signal } = context;
    const { epoch } = place;
    // Of a stream some processes may have more than others: each keeps where it stood when its own ended.
    const always = !together.isAlone && isOfStream(place.source);
    const isFirst = place === this.#parts.place;
    const known = knownLength(train);
    const steps = known === Infinity ? undefined : known;
    const epochFeed = isFirst ? feed : new Feed(train, epoch, signal);
    let source: unknown = null;
    return trainEpoch({
      built: session,
      learner: session.learner,
      context,
      options,
      epoch,
      steps,
      feed: epochFeed,
      start: place.batch,
      from: isFirst && together.isFirst ? (resumed?.state.tallies ?? undefined) : undefined,
      together,
      ...(validation === undefined && { gallery: this.#gallery }),
      taken: (step) => {
        source = always || this.#isDue(step + 1, steps) ? stateOf(train) : null;
      },
      after: async (next, tallies) => {
        const here = source === null ? counted(place, next) : { epoch, batch: next, source };
        const reason = this.#endOf(epoch);
        // An epoch that is complete is measured, and then there is its own checkpoint.
        const isLast =
          reason !== undefined &&
          reason !== "signal" &&
          !(await together.any(!(await isLastStep(epochFeed, next, steps))));
        const ended = isLast ? undefined : reason;
        if (options.checkpoints && (ended !== undefined || this.#isDue(next, steps))) {
          const { metrics } = session.parts;
          await this.#ledger.keepLast(session.learner, here, await together.talliesOf(metrics, tallies));
        }
        return ended;
      },
    });
  }

  #isDue(next: number, steps = Number.POSITIVE_INFINITY): boolean {
    const { checkpoints } = this.#parts.options;
    if (checkpoints === false || checkpoints.everySteps === undefined) return false;
    return next % checkpoints.everySteps === 0 && next < steps;
  }

  /** Undefined where there is no such split, or the run was stopped before its end. */
  async #validate(epoch: number): Promise<Metrics | undefined> {
    const { context, options, session, together } = this.#parts;
    const { validation, signal, train } = context;
    const instead = epoch >= options.epochs && knownLength(train) !== Infinity ? train : undefined;
    const source: BatchSource | undefined = validation ?? instead;
    if (source === undefined) return undefined;
    await session.learner.averageStatistics();
    const { tallies } = await session.learner.withAverages(() =>
      measureSplit({
        together,
        built: session,
        options,
        epoch,
        feed: new Feed(source, epoch, signal),
        gallery: this.#gallery,
      }),
    );
    if (signal.aborted) return undefined;
    if (tallies.values === undefined) {
      if (source === validation) throw emptyValidation();
      return undefined;
    }
    const { loss } = tallies.values;
    if (!Number.isFinite(loss))
      throw divergedAfter(`the validation loss must stay finite, was ${loss}`, epoch);
    this.#tallies = tallies;
    return tallies.values;
  }

  async #checkSanity(): Promise<void> {
    const { context, options, session } = this.#parts;
    const { validation, signal } = context;
    if (validation === undefined || !options.sanityCheck) return;
    await checkSanity({ built: session, options, epoch: 0, feed: new Feed(validation, 0, signal) });
  }
}
