/** What is done with a batch as it is handed out: counted, given its step, and the types of the first. */
import type { Batch } from "../contracts/batch.js";
import type { Fetched } from "../workers/main-end/requests.js";
import { pin } from "../workers/pinning/pin.js";
import type { Job } from "./assignment.js";
import { errorOf, toldOf } from "./bad/bad-samples.js";
import type { EpochParts } from "./prefetch.js";

export class Handing<T> {
  readonly #parts: EpochParts;
  /** The number of a stream's next batch: what was asked for may turn out to be the end of a shard. */
  #next: number;

  constructor(parts: EpochParts) {
    this.#parts = parts;
    this.#next = parts.position.step;
  }

  /**
   * Undefined for a batch of which nothing is left: it keeps its step, and the caller does not see it.
   * @throws MillraceError where too many samples are bad, a place could not be filled, or a number has no room in its type.
   */
  take(asked: Job, fetched: Fetched): Batch<T> | undefined {
    const { epoch, position, rules, types } = this.#parts;
    const { salvaged, release } = fetched;
    this.#count(asked, fetched);
    const job = asked.indices === undefined ? { ...asked, step: this.#next++ } : asked;
    position.deliver(job, fetched);
    // All processes that share a batch count the same steps.
    const isShare = rules.isShared && asked.indices !== undefined;
    if (salvaged?.empty && !isShare) {
      release();
      return undefined;
    }
    const made = salvaged?.indices ?? job.indices ?? [];
    const indices = typeof made === "number" ? [made] : made;
    if (isShare && indices.length === 0) {
      const bad = salvaged && toldOf(salvaged.bad);
      return { data: {} as T, indices, epoch, step: job.step, release, empty: true, ...(bad && { bad }) };
    }
    const settled = types.apply(fetched.data, indices);
    const data = rules.pinMemory ? pin(settled) : settled;
    const batch = { data: data as T, indices, epoch, step: job.step, release };
    return salvaged === undefined ? batch : { ...batch, bad: toldOf(salvaged.bad) };
  }

  #count(job: Job, fetched: Fetched): void {
    const { account, bad, position } = this.#parts;
    if (bad === undefined) return;
    const { salvaged, release } = fetched;
    if (salvaged !== undefined) account.bad(salvaged.bad.filter(({ drawn }) => !drawn).length);
    try {
      bad.add(position.placesOf(job, fetched), salvaged?.bad);
      if (salvaged?.unfilled)
        throw errorOf(salvaged.bad, "of the samples drawn to stand in its place none is good");
    } catch (error) {
      release();
      throw error;
    }
  }
}
