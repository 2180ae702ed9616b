/** What differs between map-style datasets and streams. A loader asks once which it has, and has it from here. */
import type { Dataset } from "../contracts/dataset.js";
import type { IterableDataset } from "../contracts/iterable.js";
import { MillraceError } from "../errors.js";
import { nameOf } from "../data/sample-name.js";
import { describeStream } from "../data/streams/options.js";
import type { StreamOptions } from "../workers/making/stream.js";
import type { FetchRequest } from "../workers/wire/protocol.js";
import type { Job } from "./assignment.js";
import { type Bench, InThread } from "./makers/in-thread.js";
import type { Maker, Start } from "./makers/maker.js";
import { Stream } from "./makers/stream.js";
import { checkOptions, checkStream, type DataLoaderOptions } from "./options.js";
import { mapOrder, type Order } from "./order.js";
import { describeDataset } from "./resume/probe.js";
import { streamOrder } from "./stream-order.js";
import type { Fingerprint } from "./resume/state.js";

export interface Style {
  readonly order: Order;
  /** The dataset, where its samples have indices. */
  readonly map?: Dataset;
  /** Why "auto" may not choose the number of workers; undefined if it may. */
  readonly autoRefused?: string;
  /** How many shards the dataset is cut into; undefined where it is not. */
  shards(workers: number): number | undefined;
  /** What a state's fingerprint says of the data. */
  describe(): Pick<Fingerprint, "dataset" | "samples" | "stream">;
  /** What errors call a sample. */
  nameOf(index: number): string;
  /** A pass whose batches are made in this thread. */
  inThread(bench: Bench, start: Start): Maker;
  /** What workers are asked for in a pass. */
  request(pass: number, start: Start): (job: Job) => FetchRequest;
}

/** @throws MillraceError LOADER_OPTION, OPTION_INVALID */
export function mapStyle(dataset: Dataset, options: DataLoaderOptions): Style {
  checkOptions(options);
  if (options.shuffle === true && dataset.length === 0) {
    throw new MillraceError("LOADER_OPTION", "shuffle needs at least one sample, but the dataset is empty");
  }
  return {
    order: mapOrder(dataset, options),
    map: dataset,
    shards: () => undefined,
    describe: () => describeDataset(dataset),
    nameOf: (index) => nameOf(dataset, index),
    inThread: (bench, start) => new InThread(dataset, bench, start),
    request:
      (_pass, { epoch }) =>
      ({ indices = [] }) => ({ type: "fetch", epoch, indices }),
  };
}

/** @throws MillraceError LOADER_OPTION, OPTION_INVALID */
export function streamStyle(
  dataset: IterableDataset,
  options: DataLoaderOptions,
  stream: StreamOptions,
): Style {
  checkOptions(options, checkStream);
  return {
    order: streamOrder(dataset, options),
    autoRefused: "a stream's batches depend on the number of workers, which must be stated",
    shards: (workers) => workers,
    describe: () => ({ dataset: "stream", stream: describeStream(dataset) }),
    nameOf: (index) => `sample ${index}`,
    inThread: (bench, start) => new Stream(dataset, stream, bench, start),
    request(pass, { epoch, position }) {
      const started = new Set<number>();
      return ({ worker }) => {
        const from = started.has(worker) ? undefined : position.shard(worker);
        started.add(worker);
        return { type: "pull", pass, epoch, from };
      };
    },
  };
}
