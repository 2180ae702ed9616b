/** The DataLoader: order, batches, workers and prefetch over a dataset. */
import type { Batch } from "../contracts/batch.js";
import type { Collate } from "../contracts/collate.js";
import type { Dataset } from "../contracts/dataset.js";
import { type IterableDataset, isStreamLike, type StreamLike } from "../contracts/iterable.js";
import { MillraceError } from "../errors.js";
import { asDataset } from "../workers/making/parts.js";
import { Account } from "./metrics/account.js";
import type { Epoch } from "./prefetch.js";
import { Identity } from "./resume/identity.js";
import { type Started, seedOf } from "./iteration.js";
import { Makers } from "./makers.js";
import { Tuner } from "./auto/tuner.js";
import type { LoaderMetrics } from "./metrics/metrics.js";
import { openEpoch } from "./open-epoch.js";
import { checkOptions, checkStream, type DataLoaderOptions, usualPrefetchBytes } from "./options.js";
import { mapOrder, type Order, streamOrder } from "./order.js";
import { Pinning } from "../workers/pinning/pin.js";
import { replay } from "./replay.js";
import { SettledTypes } from "./settled-types.js";
import { checkState, compareFingerprints, type Fingerprint, type LoaderState } from "./resume/state.js";

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
  readonly #isStream: boolean;
  readonly #map: Dataset;
  readonly #order: Order;
  readonly #identity: Identity;
  readonly #makers: Makers;
  readonly #account: Account;
  readonly #tuner: Tuner;
  readonly #types: SettledTypes;
  /** The iteration that started last. */
  #latest: Started | undefined;
  #resumed: LoaderState | undefined;
  #nextEpoch = 0;

  /** @throws MillraceError LOADER_OPTION for an option out of range, or options that exclude each other. */
  constructor(dataset: Dataset<S> | readonly S[] | StreamLike<S>, options: DataLoaderOptions<S, B> = {}) {
    const isStream = isStreamLike(dataset);
    checkOptions(options, isStream ? checkStream : undefined);
    const {
      batchSize = 1,
      numWorkers = 0,
      prefetchFactor = 2,
      dropLast = false,
      persistentWorkers = false,
      seed = 0,
    } = options;
    const own = asDataset(dataset);
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.#options = options;
    this.#isStream = isStream;
    this.#map = own as Dataset;
    if (options.shuffle === true && this.#map.length === 0) {
      throw new MillraceError("LOADER_OPTION", "shuffle needs at least one sample, but the dataset is empty");
    }
    this.#order = isStream ? streamOrder(own as IterableDataset, options) : mapOrder(this.#map, options);
    this.#identity = new Identity(isStream ? undefined : this.#map, this.#order, seed, options.generator);
    this.#makers = new Makers({
      given: dataset,
      dataset: own,
      isStream,
      persistentWorkers,
      auto: numWorkers === "auto",
      stream: { batchSize, dropLast },
      collate: options.collate as Collate | undefined,
      workerInit: options.workerInit,
      recipe: options.recipe,
      logger: options.logger,
      workerMemory: options.workerMemory,
      pinning:
        options.pinMemory === true
          ? new Pinning(numWorkers === "auto" ? 1 : numWorkers, options.logger)
          : undefined,
    });
    const { prefetchBytes = usualPrefetchBytes, logger } = options;
    this.#tuner = new Tuner({ numWorkers, prefetchFactor, prefetchBytes, isStream, logger });
    this.#types = new SettledTypes(own, options);
    this.#account = new Account(() => this.#makers.made());
    // What must not change under a loader at work cannot be assigned, as in torch.
    Object.freeze(this);
  }

  /** Worker threads that make batches; with "auto", 0 until the first batches have shown how many are needed. */
  get numWorkers(): number {
    return this.#tuner.numWorkers;
  }

  /** Samples an epoch visits. @throws MillraceError LENGTH_UNKNOWN */
  get samples(): number {
    return this.#order.samples;
  }

  /** Batches an epoch yields (torch's `len`); follows the dataset's length. @throws MillraceError LENGTH_UNKNOWN */
  get length(): number {
    return this.#order.length;
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
    checkCount("an epoch", epoch);
    checkCount("a step", step);
    if (this.#isStream) {
      throw new MillraceError(
        "LOADER_OPTION",
        "a stream has no batches by number: batchAt needs a map-style dataset",
      );
    }
    const latest = this.#latest?.position.epoch === epoch ? this.#latest : undefined;
    if (this.#order.generators.length > 0 && latest === undefined) {
      throw new MillraceError(
        "LOADER_OPTION",
        `with a generator only the epoch under way has a known order, was ${epoch}`,
        {
          hint: "Use `seed` instead of `generator`: then any epoch can be asked for.",
        },
      );
    }
    const order = this.#identity.orderOf(epoch, latest?.generator, false);
    const made = await replay({ dataset: this.#map, collate: this.#makers.collate, epoch, step, order });
    const data = this.#types.apply(made.data, made.indices);
    return { ...made, data: data as B, epoch, step, release: () => undefined };
  }

  /**
   * Where the latest iteration stands, as small JSON: after the batches that were handed out, whatever was made ahead.
   * After the last batch it is the start of the next epoch.
   */
  state(): LoaderState {
    if (this.#resumed !== undefined) return this.#resumed;
    const latest = this.#latest;
    const within = latest !== undefined && !latest.position.complete;
    const position = latest?.position.state() ?? { epoch: this.#nextEpoch, step: 0 };
    const generator = within ? latest.generator : this.#identity.save();
    const baseSeed = within ? latest.baseSeed : this.#makers.keptSeed;
    const fingerprint = (): Fingerprint =>
      this.#identity.fingerprint(position.epoch, generator, baseSeed === undefined);
    const types = this.#types.save();
    return {
      version: 1,
      ...position,
      fingerprint: within ? (latest.fingerprint ??= fingerprint()) : fingerprint(),
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
    const checked = checkState(state, this.#isStream ? Math.max(1, this.numWorkers) : undefined);
    const { epoch, generator, baseSeed, fingerprint } = checked;
    compareFingerprints(fingerprint, this.#identity.fingerprint(epoch, generator, baseSeed === undefined));
    if (generator !== undefined) this.#identity.restore(generator);
    this.#types.restore(checked.types);
    this.#resumed = checked;
    return this;
  }

  /**
   * Where the time goes: reading, transforming, collating, and how long the caller waited, for the iteration that
   * started last and in total. What a trainer does with a batch is `use`; its own report divides that into upload and step.
   */
  metrics(): LoaderMetrics {
    const { numWorkers, prefetchFactor, reason } = this.#tuner;
    return this.#account.metrics({
      numWorkers,
      prefetchFactor,
      ...(reason !== undefined && { reason }),
      deaths: this.#makers.deaths,
    });
  }

  /** Makes `metrics().total` count from now on. */
  resetMetrics(): void {
    this.#account.reset();
  }

  /** Ends the workers and waits until they are gone. The dataset stays open: whoever opened it closes it. */
  close(): Promise<void> {
    return this.#makers.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #open(epoch: number, { signal }: EpochRequest, from: LoaderState | undefined): Epoch<B> {
    checkCount("an epoch", epoch);
    const [account, makers, order] = [this.#account, this.#makers, this.#order];
    const parts = { account, makers, order, tuner: this.#tuner, types: this.#types };
    const baseSeed = seedOf(from) ?? this.#makers.keptSeed ?? this.#identity.drawBaseSeed(epoch);
    const generator = this.#identity.save();
    const { iteration, position } = openEpoch<B>(parts, this.#options, {
      epoch,
      signal,
      from,
      baseSeed,
      isStream: this.#isStream,
    });
    this.#latest = { position, baseSeed, generator };
    this.#resumed = undefined;
    this.#nextEpoch = epoch + 1;
    return iteration;
  }
}

function checkCount(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  const shown = typeof value === "string" ? JSON.stringify(value) : String(value);
  throw new MillraceError("LOADER_OPTION", `${name} must be a whole number, counted from 0, was ${shown}`);
}
