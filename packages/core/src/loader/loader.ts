/** The DataLoader: order, batches, workers and prefetch over a dataset. */
import type { Batch } from "../contracts/batch.js";
import type { Collate } from "../contracts/collate.js";
import type { Dataset } from "../contracts/dataset.js";
import { type IterableDataset, isStreamLike, type StreamLike } from "../contracts/iterable.js";
import { asDataset } from "../workers/making/parts.js";
import { badSamplesOf } from "./bad/open.js";
import { Account } from "./metrics/account.js";
import type { Epoch } from "./prefetch.js";
import { idleTeller } from "./idle-workers.js";
import { Identity } from "./resume/identity.js";
import { closedError, Makers } from "./makers/makers.js";
import { Tuner } from "./auto/tuner.js";
import type { LoaderMetrics } from "./metrics/metrics.js";
import { type Alone, batchAt, batchOf, checkCount } from "./alone.js";
import { type LoaderParts, openEpoch, seedOf, type Started } from "./open-epoch.js";
import { checkNames } from "./option-names.js";
import { type DataLoaderOptions, usualPrefetchBytes } from "./options.js";
import { statedLength } from "./order.js";
import { Pinning } from "../workers/pinning/pin.js";
import { SettledTypes } from "./settled-types.js";
import { Waits } from "./waits.js";
import { ownBatchSize } from "./shard.js";
import { mapStyle, type Style, streamStyle } from "./style.js";
import { checkState, checkStep, compareFingerprints, type LoaderState } from "./resume/state.js";

/** How one epoch is asked for. */
export interface EpochRequest {
  /** Ends the epoch when it aborts: `next()` rejects with ABORTED. */
  readonly signal?: AbortSignal;
}

/**
 * Batches of a dataset (torch.utils.data.DataLoader):
 *
 *     for await (const batch of loader) { use(batch.data); batch.release(); }
 *
 * Each iteration is the next epoch; `batches(epoch)` gives any epoch. Batches are the same, bit for bit, for any number
 * of workers. Workers that are kept (`persistentWorkers`) end with `close`; idle ones do not keep the program alive.
 */
export class DataLoader<S = unknown, B = unknown> {
  /** What the loader was given. */
  readonly dataset: Dataset<S> | readonly S[] | StreamLike<S>;
  readonly batchSize: number | null;
  readonly #options: DataLoaderOptions<S, B>;
  readonly #style: Style;
  readonly #identity: Identity;
  readonly #parts: LoaderParts;
  /** The iteration that started last. */
  #latest: Started | undefined;
  #resumed: LoaderState | undefined;
  #nextEpoch = 0;

  /**
   * @throws MillraceError LOADER_OPTION for an option that is unknown or out of range, or options that exclude each
   * other; OPTION_INVALID for what is no dataset, seed or generator.
   */
  constructor(dataset: Dataset<S> | readonly S[] | StreamLike<S>, options: DataLoaderOptions<S, B> = {}) {
    checkNames(options);
    const { batchSize = 1, numWorkers = 0, dropLast = false, seed = 0 } = options;
    const stream = { batchSize: ownBatchSize(batchSize, options.shard), dropLast, shard: options.shard };
    const own = asDataset(dataset);
    const style = isStreamLike(dataset)
      ? streamStyle(own as IterableDataset, options, stream)
      : mapStyle(own as Dataset, options);
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.#options = options;
    this.#style = style;
    this.#identity = new Identity(style, seed, options.generator);
    const auto = numWorkers === "auto";
    const bad = badSamplesOf(own, options);
    const makers = new Makers({
      given: dataset,
      style,
      seed,
      tolerance: bad?.tolerance,
      persistentWorkers: options.persistentWorkers ?? false,
      auto,
      stream,
      collate: options.collate as Collate | undefined,
      workerInit: options.workerInit,
      recipe: options.recipe,
      logger: options.logger,
      workerMemory: options.workerMemory,
      pinning: options.pinMemory === true ? new Pinning(auto ? 1 : numWorkers, options.logger) : undefined,
    });
    const { prefetchFactor = 2, prefetchBytes = usualPrefetchBytes, logger, cores } = options;
    const refused = style.autoRefused;
    const tuner = new Tuner({ numWorkers, prefetchFactor, prefetchBytes, refused, logger, cores });
    const account = new Account(() => makers.made());
    const types = new SettledTypes(own, options);
    this.#parts = {
      account,
      bad,
      makers,
      onIdle: idleTeller(logger),
      style,
      tuner,
      types,
      waits: new Waits(),
    };
    // What must not change under a loader at work cannot be assigned, as in torch.
    Object.freeze(this);
  }

  /** Worker threads that make batches; with "auto", 0 until the first batches have shown how many are needed. */
  get numWorkers(): number {
    return this.#parts.tuner.numWorkers;
  }

  /** Samples an epoch visits. @throws MillraceError LENGTH_UNKNOWN */
  get samples(): number {
    return this.#style.order.samples;
  }

  /** Batches an epoch yields (torch's `len`); follows the dataset's length. @throws MillraceError LENGTH_UNKNOWN */
  get length(): number {
    return this.#style.order.length;
  }

  /** The next epoch, or where `resume` said. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Batch<B>> {
    const from = this.#resumed;
    return this.#open(from?.epoch ?? this.#nextEpoch, {}, from);
  }

  /** The batches of one epoch, from 0. @throws MillraceError LOADER_CLOSED, and from `next()` ABORTED when `signal` aborts. */
  batches(epoch: number, request: EpochRequest = {}): AsyncIterableIterator<Batch<B>> {
    const from = this.#resumed?.epoch === epoch ? this.#resumed : undefined;
    return this.#open(epoch, request, from);
  }

  /**
   * One batch of one epoch, made in this thread, without those before it: what replaying a bad step needs. Map-style
   * datasets only; with a `generator`, only the epoch under way has a known order.
   */
  async batchAt(epoch: number, step: number): Promise<Batch<B>> {
    return batchAt(this.#alone, epoch, step);
  }

  /**
   * A batch of the samples at these indices as they are in this epoch, made in this thread: what looking at samples, and at
   * how augmentations change them from epoch to epoch, needs. Map-style datasets only. @throws MillraceError DATASET_INDEX
   */
  async batchOf(indices: readonly number[], epoch = 0): Promise<Batch<B>> {
    return batchOf(this.#alone, indices, epoch);
  }

  /**
   * Where the latest iteration stands, as small JSON: after the batches that were handed out, whatever was made ahead.
   * After the last batch it is the start of the next epoch.
   */
  state(): LoaderState {
    if (this.#resumed !== undefined) return this.#resumed;
    const latest = this.#latest;
    const within = latest !== undefined && !latest.position.isOver(latest.plan) ? latest : undefined;
    const position = within?.position.state() ?? { epoch: this.#nextEpoch, step: 0 };
    const generator = within === undefined ? this.#identity.save() : within.generator;
    const baseSeed = within === undefined ? this.#parts.makers.keptSeed : within.baseSeed;
    const request = { epoch: position.epoch, saved: generator, drawSeed: baseSeed === undefined };
    const fingerprint = within?.fingerprint ?? this.#identity.fingerprint(request);
    if (within !== undefined) within.fingerprint = fingerprint;
    const types = this.#parts.types.save();
    return {
      version: 2,
      ...position,
      fingerprint,
      ...(baseSeed !== undefined && { baseSeed: String(baseSeed) }),
      ...(generator !== undefined && { generator }),
      ...(types !== undefined && { types }),
    };
  }

  /**
   * Makes the next iteration go on where `state` was taken. For map-style datasets the number of workers may differ.
   * @throws MillraceError STATE_INVALID, or STATE_MISMATCH that says what differs.
   */
  resume(state: unknown): this {
    const checked = checkState(state, this.#style.shards(Math.max(1, this.numWorkers)));
    compareFingerprints(checked.fingerprint, this.#identity.fingerprintFor(checked));
    checkStep(checked, this.#style.map && statedLength(this.#style.order));
    if (checked.generator !== undefined) this.#identity.restore(checked.generator);
    this.#parts.types.restore(checked.types);
    this.#resumed = checked;
    return this;
  }

  /**
   * Where the time goes: reading, transforming, collating, and how long the caller waited, for the iteration that
   * started last and in total. What a trainer does with a batch is `use`; its own report divides that into upload and step.
   */
  metrics(): LoaderMetrics {
    const { account, makers, tuner } = this.#parts;
    const { numWorkers, prefetchFactor, reason } = tuner;
    return account.metrics({
      numWorkers,
      prefetchFactor,
      ...(reason !== undefined && { reason }),
      deaths: makers.deaths,
    });
  }

  /** Makes `metrics().total` count from now on. */
  resetMetrics(): void {
    this.#parts.account.reset();
  }

  /**
   * Ends the workers and waits until they are gone; a call of `next` that waits rejects with LOADER_CLOSED at once. The
   * dataset stays open: whoever opened it closes it.
   */
  close(): Promise<void> {
    const { makers, waits } = this.#parts;
    waits.stop(closedError());
    return makers.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #alone(): Alone {
    const { seed = 0, shard } = this.#options;
    return { parts: this.#parts, identity: this.#identity, seed, shard, latest: this.#latest };
  }

  #open(epoch: number, { signal }: EpochRequest, from: LoaderState | undefined): Epoch<B> {
    checkCount("an epoch", epoch);
    const { makers } = this.#parts;
    const baseSeed = seedOf(from) ?? makers.keptSeed ?? this.#identity.drawBaseSeed(epoch);
    const generator = this.#identity.save();
    const opening = { epoch, signal, from, baseSeed };
    const { iteration, position, plan } = openEpoch<B>(this.#parts, this.#options, opening);
    this.#latest = { position, plan, baseSeed, generator };
    this.#resumed = undefined;
    this.#nextEpoch = epoch + 1;
    return iteration;
  }
}
