/** Where a thread is within a batch and how its time divides: told by the fetcher as it goes, with plain stores. */
import type { FetchContext, SampleProgress } from "../../contracts/dataset.js";
import {
  cell,
  cellBytes,
  cellsOf,
  laneCount,
  laneStage,
  threadStage,
  type WorkerCells,
  writeName,
} from "../wire/cells.js";

/** One sample at a time of the batch in hand. */
export class Lane implements SampleProgress {
  readonly #progress: Progress;
  readonly #numbers: Float64Array;
  readonly #number: number;
  readonly #at: number;
  #transforming = false;
  /** True where the lane stands for all samples of a batch, which are read before any is transformed. */
  #whole = false;
  #context: FetchContext | undefined;

  constructor(progress: Progress, number: number) {
    this.#progress = progress;
    this.#numbers = progress.cells.numbers;
    this.#number = number;
    this.#at = cell.LANES + 2 * number;
  }

  /** Begins with a sample. One store, since some samples take no longer than a few. */
  read(sample: number): void {
    this.#numbers[this.#at] = sample;
  }

  /** What is done next is done here. */
  enter(): void {
    this.#numbers[cell.LAST_LANE] = this.#number;
  }

  /** All samples of the batch are read at once. */
  readAll(): void {
    this.#whole = true;
  }

  /** What the dataset is asked with. */
  context(epoch: number): FetchContext {
    if (this.#context?.epoch !== epoch) {
      const over = this.#progress.over(epoch);
      this.#context = { epoch, progress: this, ...(over && { over }) };
    }
    return this.#context;
  }

  /** A pass begins: its signal is another. */
  renew(): void {
    this.#context = undefined;
  }

  /** The sample is there. */
  done(): void {
    this.#numbers[this.#at] = -1;
  }

  transforming(position: number, name: string): void {
    this.#progress.name(position, name);
    this.#numbers[this.#at + 1] = laneStage.TRANSFORM + position;
    this.enter();
    // Between two transforms of a sample there is nothing to account for.
    if (!this.#transforming || !this.#progress.alone)
      this.#progress.moved(this.#transforming ? 0 : 1, this.#whole, true);
    this.#transforming = true;
  }

  making(): void {
    this.#progress.moved(0, this.#whole, false);
  }

  transformed(): void {
    if (!this.#transforming || this.#whole) return;
    this.#transforming = false;
    this.#numbers[this.#at + 1] = laneStage.READ;
    this.#progress.moved(-1, false, false);
  }

  /** Before the next batch. */
  reset(): void {
    this.#transforming = false;
    this.#whole = false;
    this.#numbers[this.#at + 1] = laneStage.READ;
    this.done();
  }
}

/** The passes of one epoch that are under way, and what those who read for them are told when the last is over. */
interface Passes {
  readonly ending: AbortController;
  count: number;
}

/** One batch at a time. */
export class Progress {
  readonly cells: WorkerCells;
  /** True from where a transform has begun until something else does: the thread is at that alone. */
  alone = false;
  readonly #lanes: Lane[] = [];
  readonly #named = new Set<number>();
  readonly #passes = new Map<number, Passes>();
  /** Lanes that are being used, and those of them whose sample is being transformed. */
  #reading = 1;
  #transforming = 0;
  #last = 0;
  #begun = 0;

  constructor(cells: WorkerCells = cellsOf(new ArrayBuffer(cellBytes))) {
    this.cells = cells;
  }

  /** A pass over an epoch begins. */
  enter(epoch: number): void {
    const known = this.#passes.get(epoch);
    if (known !== undefined && known.count > 0) {
      known.count++;
      return;
    }
    for (const [each, { count }] of this.#passes) if (count === 0) this.#passes.delete(each);
    this.#passes.set(epoch, { ending: new AbortController(), count: 1 });
    for (const lane of this.#lanes) lane.renew();
  }

  /** A pass over an epoch has ended; what is still read for it finds its signal aborted. */
  leave(epoch: number): void {
    const passes = this.#passes.get(epoch);
    if (passes !== undefined && passes.count > 0 && --passes.count === 0) passes.ending.abort();
  }

  /** All passes have ended. */
  leaveAll(): void {
    for (const passes of this.#passes.values()) {
      passes.count = 0;
      passes.ending.abort();
    }
  }

  /** `FetchContext.over` of an epoch. */
  over(epoch: number): AbortSignal | undefined {
    return this.#passes.get(epoch)?.ending.signal;
  }

  /** Reading begins, in lane 0 alone. */
  begin(): void {
    const { numbers } = this.cells;
    // A batch that failed may have left its samples in hand.
    if (numbers[cell.STAGE] > threadStage.IDLE) this.#reset();
    numbers[cell.STAGE] = threadStage.READ;
    this.#last = performance.now();
    this.#begun = this.#last;
  }

  lane(number = 0): Lane {
    return (this.#lanes[number] ??= new Lane(this, number));
  }

  /** So many samples are read at once from now on. */
  widen(lanes: number): void {
    this.#reading = Math.min(lanes, laneCount);
  }

  /**
   * A sample began to be transformed, or ended; `all` where it is every sample of the batch. `alone` is whether a transform
   * has begun, which keeps the thread to itself; what is made meanwhile, such as an image, is made beside others.
   */
  moved(by: 1 | 0 | -1, all: boolean, alone: boolean): void {
    this.#account();
    this.#transforming = all ? this.#reading : this.#transforming + by;
    this.alone = alone;
  }

  /** The samples are there. */
  collate(): void {
    this.#account();
    this.cells.numbers[cell.STAGE] = threadStage.COLLATE;
  }

  /** The batch is there, or failed: then it has no samples. */
  end(samples: number, bytes: number): void {
    const { numbers } = this.cells;
    this.#account();
    numbers[cell.STAGE] = threadStage.IDLE;
    if (samples > 0) {
      numbers[cell.BATCHES]++;
      numbers[cell.SQUARED_MS] += (this.#last - this.#begun) ** 2;
    }
    numbers[cell.SAMPLES] += samples;
    numbers[cell.BYTES] += bytes;
    this.#reset();
  }

  /** The thread waits for something to do. */
  idle(): void {
    this.cells.numbers[cell.STAGE] = threadStage.IDLE;
  }

  /** Keeps a transform's name; once each. */
  name(position: number, name: string): void {
    if (this.#named.has(position)) return;
    this.#named.add(position);
    writeName(this.cells, position, name);
  }

  #reset(): void {
    this.#reading = 1;
    this.#transforming = 0;
    this.alone = false;
    for (const lane of this.#lanes) lane.reset();
  }

  #account(): void {
    const { numbers } = this.cells;
    const now = performance.now();
    const passed = now - this.#last;
    this.#last = now;
    if (numbers[cell.STAGE] === threadStage.COLLATE) {
      numbers[cell.COLLATE_MS] += passed;
    } else if (numbers[cell.STAGE] === threadStage.READ) {
      // A sample of a batch that failed may still be under way.
      const share = this.alone ? 1 : Math.max(0, Math.min(1, this.#transforming / this.#reading));
      numbers[cell.TRANSFORM_MS] += passed * share;
      numbers[cell.READ_MS] += passed * (1 - share);
    }
  }
}
