/** Samples of shards one after the other: each worker reads archives of its own, from their beginning. */
import { createHash } from "node:crypto";
import {
  type IterableDataset,
  type Logger,
  RandomSampler,
  type SampleStream,
  type Shard as Share,
} from "@millrace/core";
import type { Archives } from "./archives.js";
import type { Member, SampleGroup } from "./groups.js";
import { incomplete } from "./index-builder.js";
import { type PartFinder, partFinder } from "./plan-parts.js";
import { ArchiveReader } from "./reading.js";
import { type Located, SampleReader, type SampleTools, type TarSample } from "./samples.js";
import { tellOddities } from "./scan.js";
import type { Shard } from "./shards.js";
import { absence } from "./values.js";

/** Where a pass stands: how many of its archives are behind it, and where in the next one it goes on. Plain JSON. */
interface Place {
  readonly shard: number;
  readonly offset: number;
}

export interface StreamedShards extends SampleTools {
  readonly archives: Archives;
  readonly shards: readonly Shard[];
  /** Samples before each shard, and of all, where they have been counted. */
  readonly firsts?: readonly number[] | undefined;
  /** The seed of the order of shards; in their own order without one. */
  readonly shuffleSeed?: number | undefined;
  readonly logger: Logger;
}

type InTurn = Pick<IterableDataset<TarSample>, "iterate" | "length" | "lengthOf" | "description">;

export function streamedSamples(opened: StreamedShards): InTurn {
  const { shards, firsts, shuffleSeed } = opened;
  const order = orderOf(shards.length, shuffleSeed);
  const lengthOf = ({ id, count }: Share): number =>
    dealt([...shards.keys()], { id, count }).reduce(
      (sum, at) => sum + (firsts?.[at + 1] ?? 0) - (firsts?.[at] ?? 0),
      0,
    );
  return {
    ...(firsts && { length: firsts[shards.length] }),
    // Which archives are a worker's is another matter in each epoch, where they are shuffled.
    ...(firsts && shuffleSeed === undefined && { lengthOf }),
    description: `${shards.length} tar shards (${digestOf(shards)})${shuffleSeed === undefined ? "" : ", shuffled"}`,
    iterate: ({ epoch, shard, state }) =>
      new Pass(opened, dealt(order(epoch), shard), epoch, state as Place | undefined),
  };
}

function orderOf(count: number, seed: number | undefined): (epoch: number) => readonly number[] {
  if (seed === undefined) return () => Array.from({ length: count }, (_, i) => i);
  const sampler = new RandomSampler({ length: count }, { seed });
  return (epoch) => [...sampler.indices(epoch)];
}

/** In turn, as webdataset's split_by_worker deals them. */
function dealt(order: readonly number[], { id, count }: Share): readonly number[] {
  return order.filter((_, place) => place % count === id);
}

/** Names and sizes: the same where the shards have been copied elsewhere. */
function digestOf(shards: readonly Shard[]): string {
  const text = JSON.stringify(shards.map(({ name, size }) => [name, size]));
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

class Pass implements SampleStream<TarSample> {
  /** Behind a sample that cannot be made comes the next one; behind a header that cannot be read, nobody knows what. */
  goesOn = true;
  readonly #opened: StreamedShards;
  readonly #archives: Archives;
  readonly #order: readonly number[];
  readonly #tells: boolean;
  readonly #finder: PartFinder;
  readonly #reader: SampleReader;
  #at: number;
  #offset: number;
  #current: { readonly archive: ArchiveReader; release(): void } | undefined;
  #left = false;

  constructor(opened: StreamedShards, order: readonly number[], epoch: number, place: Place | undefined) {
    this.#opened = opened;
    this.#archives = opened.archives;
    this.#order = order;
    this.#tells = epoch === 0;
    this.#finder = partFinder(opened.plan);
    this.#reader = new SampleReader(opened, () => true);
    this.#at = place?.shard ?? 0;
    this.#offset = place?.offset ?? 0;
  }

  async next() {
    while (!this.#left && this.#at < this.#order.length) {
      const group = await this.#nextGroup();
      if (group === undefined) {
        this.#release();
        this.#at++;
        this.#offset = 0;
        continue;
      }
      this.#offset = group.end;
      const located = this.#locate(group);
      if (located === undefined) continue;
      const value = await this.#reader.read(located);
      if (value !== undefined) return { done: false as const, value, key: located.key };
    }
    return { done: true as const, value: undefined };
  }

  state(): Place {
    return { shard: this.#at, offset: this.#offset };
  }

  return(): void {
    this.#left = true;
    this.#release();
  }

  async #nextGroup(): Promise<SampleGroup | undefined> {
    const shard = this.#opened.shards[this.#order[this.#at]];
    try {
      const { archive } = (this.#current ??= this.#open(shard));
      const group = await archive.next();
      if (group === undefined && this.#tells) tellOddities(archive, shard, this.#opened.logger);
      return group;
    } catch (error) {
      this.goesOn = false;
      this.return();
      throw error;
    }
  }

  #open({ path, size }: Shard) {
    const { fd, release } = this.#archives.hold(this.#order[this.#at]);
    return { archive: new ArchiveReader({ fd, name: path, size }, this.#offset), release };
  }

  /** Undefined where a policy leaves out the sample. Errors: FILE_FORMAT where it lacks a file. */
  #locate(group: SampleGroup): Located | undefined {
    const { plan, shards } = this.#opened;
    const shard = this.#order[this.#at];
    const key = `${shards[shard].name}/${group.key}`;
    const members: readonly (Member | undefined)[] = this.#finder(group);
    for (const field of plan.fields) {
      if (field.places.every(({ part }) => members[part] !== undefined)) continue;
      if (absence(field) === "drop") return undefined;
      if (absence(field) === "error") throw incomplete(key, field, plan, group);
    }
    return {
      shard,
      key,
      at(part) {
        const member = members[part];
        return member && [member.data, member.size];
      },
    };
  }

  #release(): void {
    this.#current?.release();
    this.#current = undefined;
  }
}
