/** Batches of a stream, read in this thread when they are asked for. */
import type { IterableDataset } from "../../contracts/iterable.js";
import type { Fetched } from "../../workers/main-end/requests.js";
import { BatchStream, type StreamOptions } from "../../workers/making/stream.js";
import type { Bench } from "./in-thread.js";
import type { Maker, Start } from "./maker.js";

export class Stream implements Maker {
  readonly #bench: Bench;
  readonly #stream: BatchStream;
  /** Several calls at once must not take each other's samples: each waits for the one before. */
  #last: Promise<unknown> = Promise.resolve();
  #reading = 0;

  constructor(dataset: IterableDataset, options: StreamOptions, bench: Bench, { epoch, position }: Start) {
    const { rank, size } = options.shard ?? { rank: 0, size: 1 };
    const context = { epoch, shard: { id: rank, count: size } };
    this.#bench = bench;
    this.#stream = new BatchStream(
      dataset,
      bench.collate,
      { ...options, seed: bench.seed, tolerant: bench.tolerance !== undefined },
      context,
      position.shard(0),
      bench.progress,
    );
  }

  make(): Promise<Fetched | undefined> {
    this.#reading++;
    const mine = this.#last.then(() => this.#next()).finally(() => this.#reading--);
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  whereabouts(): readonly string[] {
    return [];
  }

  async end(): Promise<void> {
    const closed = this.#stream.close();
    // A stream that is being read closes when it gives its sample, which may be never.
    if (this.#reading === 0) await closed;
    else closed.catch(() => undefined);
  }

  async #next(): Promise<Fetched | undefined> {
    const { heap, progress } = this.#bench;
    const lease = heap.lease();
    const next = await this.#stream.next(lease);
    progress.end(next?.samples ?? 0, lease.bytes);
    return next && { ...next, release: lease.release };
  }
}
