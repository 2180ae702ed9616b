/** The processes of an MPI job, as core asks them. */
import { MillraceError, type Patience, type ProcessGroup } from "@millrace/core";
import type { Calls } from "../calls/calls.js";
import type { Handle } from "../library/abi.js";
import { Lane } from "./lane.js";
import { mostBytes, pieces } from "./pieces.js";
import { ThreadOrder } from "./thread-order.js";

/** What is known when MPI has begun. */
export interface GroupParts {
  readonly calls: Calls;
  /** "Open MPI 4.1.4" */
  readonly library: string;
  /** Whether calls from other threads are allowed. */
  readonly threads: boolean;
  /** How long ranks wait for each other. */
  readonly patience: Patience;
  /** The most bytes of one call; less only where a test wants pieces. */
  readonly mostBytes?: number;
}

/** The group of all processes that the launcher started. Every rank must call it. */
export async function openGroup(parts: GroupParts): Promise<ProcessGroup> {
  const { calls, library } = parts;
  const { world } = calls.abi;
  const [rank, size] = [calls.rank(world), calls.size(world)];
  const host = calls.splitByHost(world);
  const [localRank, localSize] = [calls.rank(host), calls.size(host)];
  calls.free(host);
  const collectives = new Collectives(parts, rank, size);
  const hosts = Float64Array.of(localRank === 0 ? 1 : 0);
  await collectives.sum64(hosts);
  const where = `${hosts[0]} ${hosts[0] === 1 ? "host" : "hosts"}`;
  return {
    rank,
    size,
    localRank,
    localSize,
    description: `${library}, ${size} ${size === 1 ? "rank" : "ranks"} on ${where}`,
    sum: (values, channel = 0) => collectives.sum(values, channel),
    sum64: (values) => collectives.sum64(values),
    max: (values) => collectives.max(values),
    gather: (bytes) => collectives.gather(bytes),
    broadcast: (bytes, from = 0) => collectives.broadcast(bytes, from),
    barrier: () => collectives.barrier(),
    abort(code) {
      try {
        calls.abort(code);
      } finally {
        // The launcher knows by now. An ordinary exit would wait for threads that wait for other ranks.
        process.kill(process.pid, "SIGKILL");
      }
    },
    close: () => collectives.close(),
  };
}

/** Made when all ranks are there: making one holds up this thread until every rank joins in, and nobody could give up. */
const usualChannels = 5;

class Collectives {
  readonly #calls: Calls;
  readonly #patience: Patience;
  readonly #rank: number;
  readonly #size: number;
  readonly #mostBytes: number;
  readonly #order: ThreadOrder | undefined;
  /** For everything but sums of a channel. */
  readonly #lane: Lane;
  readonly #channels = new Map<number, Lane>();
  #closed = false;

  constructor(parts: GroupParts, rank: number, size: number) {
    this.#calls = parts.calls;
    this.#patience = parts.patience;
    this.#rank = rank;
    this.#size = size;
    this.#mostBytes = parts.mostBytes ?? mostBytes;
    this.#order = parts.threads ? new ThreadOrder() : undefined;
    this.#lane = this.#newLane();
    for (let channel = 0; channel < usualChannels; channel++) this.#channels.set(channel, this.#newLane());
  }

  async sum(values: Float32Array, channel: number): Promise<void> {
    const { float, sum } = this.#calls.abi;
    await this.#reduce(this.#channel(channel), values, float, sum);
  }

  async sum64(values: Float64Array): Promise<void> {
    const { double, sum } = this.#calls.abi;
    await this.#reduce(this.#lane, values, double, sum);
  }

  async max(values: Float64Array): Promise<void> {
    const { double, max } = this.#calls.abi;
    await this.#reduce(this.#lane, values, double, max);
  }

  async gather(bytes: Uint8Array): Promise<Uint8Array[]> {
    const lengths = await this.#lengths(bytes.length);
    const places = starts(lengths);
    const all = new Uint8Array(places[this.#size]);
    const parts = lengths.map((length, rank) => all.subarray(places[rank], places[rank] + length));
    parts[this.#rank].set(bytes);
    if (all.length === 0) return parts;
    if (all.length <= this.#mostBytes) await this.#gatherAtOnce(all, lengths, places);
    else for (const [rank, part] of parts.entries()) await this.#send(part, rank);
    return parts;
  }

  async broadcast(bytes: Uint8Array, from: number): Promise<Uint8Array> {
    this.#checkRank(from);
    const { abi, broadcast } = this.#calls;
    const length = Float64Array.of(bytes.length);
    await this.#open().call(broadcast, length.byteLength, length, 1, abi.double, from);
    const sent = from === this.#rank ? bytes : new Uint8Array(length[0]);
    await this.#send(sent, from);
    return sent;
  }

  async barrier(): Promise<void> {
    await this.#open().call(this.#calls.barrier, 0);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    // MPI_Finalize waits for all others, and nothing else of this process runs meanwhile: each lane ends first.
    const lanes = [this.#lane, ...this.#channels.values()];
    await Promise.all(lanes.map((lane) => lane.call(this.#calls.barrier, 0)));
    this.#closed = true;
    this.#calls.finalize();
  }

  async #reduce(
    lane: Lane,
    values: Float32Array | Float64Array,
    type: Handle,
    operation: Handle,
  ): Promise<void> {
    this.#open();
    const { abi, allreduce } = this.#calls;
    const parts = pieces<Float32Array | Float64Array>(values, this.#mostBytes);
    // All are asked for before the first has ended, so that nothing comes between.
    await Promise.all(
      parts.map((part) =>
        lane.call(allreduce, part.byteLength, abi.inPlace, part, part.length, type, operation),
      ),
    );
  }

  async #lengths(own: number): Promise<number[]> {
    const { abi, allgather } = this.#calls;
    const lengths = new Float64Array(this.#size);
    lengths[this.#rank] = own;
    await this.#open().call(
      allgather,
      lengths.byteLength,
      abi.inPlace,
      0,
      abi.double,
      lengths,
      1,
      abi.double,
    );
    return [...lengths];
  }

  async #gatherAtOnce(all: Uint8Array, lengths: readonly number[], places: readonly number[]): Promise<void> {
    const { abi, allgatherv } = this.#calls;
    const [counts, displacements] = [Int32Array.from(lengths), Int32Array.from(places)];
    const values = [abi.inPlace, 0, abi.byte, all, counts, displacements, abi.byte];
    await this.#lane.call(allgatherv, all.length, ...values);
  }

  async #send(bytes: Uint8Array, from: number): Promise<void> {
    const { abi, broadcast } = this.#calls;
    for (const part of pieces(bytes, this.#mostBytes))
      await this.#lane.call(broadcast, part.length, part, part.length, abi.byte, from);
  }

  /** Others than the usual are made at the first use, which comes in the same order on every rank. */
  #channel(channel: number): Lane {
    this.#open();
    const lane = this.#channels.get(channel) ?? this.#newLane();
    this.#channels.set(channel, lane);
    return lane;
  }

  #newLane(): Lane {
    const { abi } = this.#calls;
    return new Lane(this.#calls, this.#calls.duplicate(abi.world), this.#order, this.#patience);
  }

  #open(): Lane {
    if (!this.#closed) return this.#lane;
    throw new MillraceError("GROUP_FAILED", "a group must be used before it is closed; this one was closed", {
      hint: "close the group last",
    });
  }

  #checkRank(rank: number): void {
    if (Number.isInteger(rank) && rank >= 0 && rank < this.#size) return;
    throw new MillraceError(
      "GROUP_FAILED",
      `a rank must be a whole number from 0 to ${this.#size - 1}, received ${rank}`,
      { hint: "name one of the group's ranks" },
    );
  }
}

/** Where each part begins, and behind the last the length of all. */
function starts(lengths: readonly number[]): number[] {
  const places = [0];
  for (const length of lengths) places.push(places[places.length - 1] + length);
  return places;
}
