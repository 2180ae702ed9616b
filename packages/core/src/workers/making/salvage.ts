/** Makes what can be made of a batch with bad samples in it: they are left out, or others stand in their places. */
import type { BadSample } from "../../contracts/batch.js";
import type { Collate } from "../../contracts/collate.js";
import type { Dataset, FetchContext } from "../../contracts/dataset.js";
import { materialize } from "../../data/datasets/deferred.js";
import { fieldTypesOf } from "../../data/field-types.js";
import { isSampleFault } from "../../data/sample-fault.js";
import { nameOf, preview } from "../../data/sample-name.js";
import { MillraceError } from "../../errors.js";
import type { Bad, Salvaged, Tolerance } from "../wire/protocol.js";
import { blamed } from "./blame.js";
import { contextOf } from "./batch-context.js";
import { type BatchMemory, fetchBatch, fetchSamples, finished } from "./fetcher.js";
import type { Progress } from "./progress.js";
import { drawReplacement, mostDraws } from "./replacement.js";

/** What batches are made with. */
export interface Making {
  readonly dataset: Dataset;
  readonly collate: Collate;
  readonly epoch: number;
  /** Where the random numbers of collation follow from. */
  readonly seed: number;
  readonly progress: Progress;
  /** Undefined where an error of a sample is that of its batch. */
  readonly tolerance: Tolerance | undefined;
}

/** A batch, and what was done about the bad samples in it, if there were any. */
export interface MadeBatch {
  readonly data: unknown;
  readonly salvaged: Salvaged | undefined;
}

/**
 * `fetchBatch`, where a fault of a sample is not that of the batch. Only a batch that failed costs more: its samples are
 * read again one by one.
 *
 * @throws MillraceError for a fault that is no sample's, and for one that no sample shows by itself.
 */
export async function makeBatch(
  making: Making,
  indices: readonly number[] | number,
  memory: BatchMemory,
): Promise<MadeBatch> {
  const { dataset, collate, progress, tolerance } = making;
  try {
    const data = await fetchBatch(dataset, collate, indices, making, memory, progress);
    return { data, salvaged: undefined };
  } catch (error) {
    if (tolerance === undefined || !isSampleFault(error)) throw error;
    return await new Salvage(making, indices, memory, tolerance).run(error);
  }
}

/** A bad sample as it is told of: the stage is the first place of its error, where that is no sample. */
export function badOf(
  error: MillraceError,
  more: Omit<BadSample, "stage" | "code" | "reason"> & { readonly stage?: string },
): Bad {
  const [first = ""] = error.where;
  const stage = more.stage ?? (/^(transform \d|sources\[)/.test(first) ? first : "reading");
  return { ...more, stage, code: error.code, reason: error.message, error: error.toJSON() };
}

/** One place of the batch. */
interface Place {
  /** What was asked for, and what stands there now. */
  readonly asked: number;
  index: number;
  /** Undefined until there is one; false where there will be none. */
  sample: { readonly value: unknown } | false | undefined;
  attempts: number;
}

/** What came of reading a sample. */
type Read = { readonly value: unknown } | { readonly error: MillraceError };

class Salvage {
  readonly #making: Making;
  readonly #indices: readonly number[] | number;
  readonly #memory: BatchMemory;
  readonly #tolerance: Tolerance;
  readonly #places: readonly Place[];
  /** The bad samples of each place, in the order in which they were found. */
  readonly #bad: Bad[][];
  readonly #known = new Set<number>();
  readonly #each: Dataset<Read>;

  constructor(
    making: Making,
    indices: readonly number[] | number,
    memory: BatchMemory,
    tolerance: Tolerance,
  ) {
    this.#making = making;
    this.#indices = indices;
    this.#memory = memory;
    this.#tolerance = tolerance;
    const asked = typeof indices === "number" ? [indices] : indices;
    this.#places = asked.map((index) => ({ asked: index, index, sample: undefined, attempts: 0 }));
    this.#bad = asked.map(() => []);
    this.#each = {
      length: making.dataset.length,
      get: (index, context) => this.#read(index, context),
    };
  }

  async run(error: unknown): Promise<MadeBatch> {
    for (;;) {
      await this.#fill();
      const bad = this.#found();
      const places = this.#places.filter(({ sample }) => typeof sample === "object");
      const unfilled = this.#tolerance.replaces && places.length < this.#places.length;
      if (places.length === 0 || unfilled)
        return {
          data: undefined,
          salvaged: { bad, indices: [], empty: true, ...(unfilled && { unfilled }) },
        };
      const made = await this.#collate(places);
      if (made === undefined) continue;
      // Each sample is good by itself: whatever failed, it was none of them.
      if (bad.length === 0) break;
      return { data: made.data, salvaged: { bad, indices: places.map(({ index }) => index) } };
    }
    throw error;
  }

  /** In the order of places, told by what stands in each now. */
  #found(): readonly Bad[] {
    return this.#bad.flatMap((bad, place) => {
      const { sample, index } = this.#places[place];
      const by = typeof sample === "object" ? { replacedBy: index } : undefined;
      return bad.map((each) => (each.drawn ? each : { ...each, ...by }));
    });
  }

  /** Reads what is not there yet, and others for what is bad, until every place has a sample or shall have none. */
  async #fill(): Promise<void> {
    const { epoch, progress } = this.#making;
    for (;;) {
      const empty = [...this.#places.keys()].filter((place) => this.#places[place].sample === undefined);
      if (empty.length === 0) return;
      // What failed before this was given its time, and what is under way of it is no longer looked at.
      progress.end(0, 0);
      progress.begin();
      const wanted = empty.map((place) => this.#places[place].index);
      const read = (await fetchSamples(this.#each, wanted, epoch, progress)) as readonly Read[];
      for (const [i, place] of empty.entries()) {
        const found = read[i];
        if ("error" in found) this.#refuse(place, found.error);
        else this.#places[place].sample = found;
      }
    }
  }

  /** The batch; undefined if another sample turned out to be bad. */
  async #collate(places: readonly Place[]): Promise<{ readonly data: unknown } | undefined> {
    const { dataset, collate, epoch, progress } = this.#making;
    const memory = this.#memory;
    const samples = places.map(({ sample }) => (sample as { readonly value: unknown }).value);
    const fields = fieldTypesOf(dataset);
    const single = typeof this.#indices === "number";
    const indices = places.map(({ index }) => index);
    const context = contextOf(dataset, single ? indices[0] : indices, this.#making);
    progress.collate();
    try {
      const collated = collate((single ? samples[0] : samples) as never, memory, fields, context);
      return { data: await finished(collated, memory) };
    } catch (error) {
      const alone = isSampleFault(error) ? 0 : undefined;
      const entry = single ? alone : await blamed(error, { collate, samples, fields, context });
      const name = entry !== undefined && nameOf(dataset, indices[entry]);
      const where = [name || `batch of samples ${preview(indices, dataset)}`, `epoch ${epoch}`];
      const named = MillraceError.from(error, "SAMPLE_FAILED", "collate failed", { where });
      if (entry === undefined) throw named;
      this.#refuse(this.#places.indexOf(places[entry]), named, "collating");
      return undefined;
    }
  }

  /** The sample at a place is bad: another is drawn, or there will be none. */
  #refuse(at: number, error: MillraceError, stage?: string): void {
    const place = this.#places[at];
    const { asked, index, attempts } = place;
    const drawn = attempts > 0 ? ({ drawn: true } as const) : {};
    if (attempts === 0 || !this.#known.has(index)) {
      this.#bad[at].push(badOf(error, { index, ...drawn, ...(stage !== undefined && { stage }) }));
    }
    this.#known.add(index);
    place.sample = this.#tolerance.replaces ? undefined : false;
    const { length } = this.#making.dataset;
    const { epoch } = this.#making;
    while (place.sample === undefined && this.#known.has(place.index)) {
      if (place.attempts === mostDraws) place.sample = false;
      else {
        const attempt = place.attempts++;
        place.index = drawReplacement(this.#tolerance, length, { epoch, index: asked, attempt });
      }
    }
  }

  async #read(index: number, context: FetchContext): Promise<Read> {
    const { dataset } = this.#making;
    try {
      return { value: await materialize(await dataset.get(index, context)) };
    } catch (error) {
      if (!isSampleFault(error)) throw error;
      return {
        error: MillraceError.from(error, "SAMPLE_FAILED", "a sample cannot be read", {
          where: [nameOf(dataset, index), `epoch ${context.epoch}`],
        }),
      };
    }
  }
}
