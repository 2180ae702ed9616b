/** What the processes that train one model agree on: when to stop, the same weights, what a pass came to. */
import {
  broadcastValue,
  decodeTensors,
  encodeTensors,
  gatherValues,
  groupOfOne,
  type ProcessGroup,
  type Tensors,
} from "@millrace/core";
import type { Variable } from "@tensorflow/tfjs-core";
import type { Engine } from "../engine.js";
import { Tallies } from "../measuring/tallies.js";
import type { MetricName } from "../metrics/metrics.js";

/** What one process wants, or sees, that all have to follow. */
export interface Wishes {
  /** It was asked to stop. */
  readonly stops: boolean;
  /** Its time is over. */
  readonly isLate: boolean;
}

/** All methods are called by every rank, in the same order; a process that trains alone agrees with itself at once. */
export class Together {
  readonly group: ProcessGroup;
  readonly #own: AbortSignal;
  readonly #agreed = new AbortController();
  #late: () => boolean = () => false;
  #isLate = false;
  /** Milliseconds spent on adding up gradients, waiting for other ranks included. */
  spent = 0;

  constructor(group: ProcessGroup = groupOfOne, own: AbortSignal = new AbortController().signal) {
    this.group = group;
    this.#own = own;
  }

  get isAlone(): boolean {
    return this.group.size === 1;
  }

  /** Whether this rank writes what the run keeps, and tells what all came to. */
  get isFirst(): boolean {
    return this.group.rank === 0;
  }

  /** Aborts on every rank at the same step, once one of them was asked to stop. */
  get signal(): AbortSignal {
    return this.isAlone ? this.#own : this.#agreed.signal;
  }

  /** Whether the time of one rank is over, as all have agreed. */
  get isLate(): boolean {
    return this.isAlone ? this.#late() : this.#isLate;
  }

  /** By which this rank sees that its time is over. */
  watch(late: () => boolean): void {
    this.#late = late;
  }

  wishes(): Wishes {
    return { stops: this.#own.aborted, isLate: this.#late() };
  }

  /** What all want together; one is enough. */
  follow({ stops, isLate }: Wishes): void {
    this.#isLate ||= isLate;
    if (stops && !this.#agreed.signal.aborted) this.#agreed.abort();
  }

  /** Agrees where no step does. */
  async agree(): Promise<void> {
    if (this.isAlone) return;
    const { stops, isLate } = this.wishes();
    const most = Float64Array.of(Number(stops), Number(isLate));
    await this.group.max(most);
    this.follow({ stops: most[0] > 0, isLate: most[1] > 0 });
  }

  /** Whether it is so on any rank. */
  async any(here: boolean): Promise<boolean> {
    if (this.isAlone) return here;
    const most = Float64Array.of(Number(here));
    await this.group.max(most);
    return most[0] > 0;
  }

  /** What every rank gave, in their order: plain data and typed arrays. */
  gather<T>(value: T): Promise<readonly T[]> {
    return gatherValues(this.group, value);
  }

  /** What rank `from` gave, on every rank. */
  broadcast<T>(value: T, from = 0): Promise<T> {
    return broadcastValue(this.group, value, from);
  }

  /** The arrays of rank 0, on every rank; `make` is called there alone. */
  async shareTensors(make: () => Promise<Tensors>): Promise<Tensors> {
    const own = this.isFirst ? await make() : undefined;
    if (own !== undefined && this.isAlone) return own;
    const bytes = own === undefined ? new Uint8Array() : new Uint8Array(Buffer.concat(encodeTensors(own)));
    const shared = await this.group.broadcast(bytes);
    return own ?? decodeTensors(shared, "what rank 0 sent", "checkpoint");
  }

  barrier(): Promise<void> {
    return this.group.barrier();
  }

  /** What the passes of all ranks came to; the same on each. */
  async talliesOf(names: readonly MetricName[], own: Tallies): Promise<Tallies> {
    if (this.isAlone) return own;
    return Tallies.merged(names, await this.gather(own.state()));
  }

  /** The mean over all ranks of what each has gathered by itself, such as moving averages of its batches. */
  async average(engine: Engine, variables: readonly Variable[]): Promise<void> {
    if (this.isAlone || variables.length === 0) return;
    const size = variables.reduce((sum, variable) => sum + variable.size, 0);
    const values = new Float64Array(size);
    let at = 0;
    for (const variable of variables) {
      values.set(await variable.data(), at);
      at += variable.size;
    }
    // In double precision equal numbers come back as they were.
    await this.group.sum64(values);
    at = 0;
    for (const variable of variables) {
      const mean = Float32Array.from(values.subarray(at, at + variable.size), (sum) => sum / this.group.size);
      const tensor = engine.tensor(mean, variable.shape);
      variable.assign(tensor);
      tensor.dispose();
      at += variable.size;
    }
  }
}
