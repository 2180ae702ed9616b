/** Processes that train together, and what they tell each other. */
import { deserialize, serialize } from "node:v8";

/**
 * The processes that train one model together. All ranks call the same methods in the same order; a call settles when
 * every rank has joined in. Arrays are changed in place.
 */
export interface ProcessGroup {
  /** This process's number, from 0. */
  readonly rank: number;
  /** How many processes there are. */
  readonly size: number;
  /** This process's number among those of its host, from 0. */
  readonly localRank: number;
  /** How many processes of the group run on this host. */
  readonly localSize: number;
  /** What `millrace devices` and the log say, such as "Open MPI 4.1.4, 4 ranks on 2 hosts". */
  readonly description: string;
  /**
   * Adds up `values` over all ranks, element by element; every rank has the same bits afterwards. Calls of one `channel`
   * are kept in order, those of different channels may be under way at the same time.
   */
  sum(values: Float32Array, channel?: number): Promise<void>;
  /** As {@link sum}, in double precision. */
  sum64(values: Float64Array): Promise<void>;
  /** The largest of each element over all ranks. */
  max(values: Float64Array): Promise<void>;
  /** What every rank gave, in their order, on every rank; lengths may differ. */
  gather(bytes: Uint8Array): Promise<Uint8Array[]>;
  /** What rank `from` gave, by default rank 0, on every rank; what others give is not looked at. */
  broadcast(bytes: Uint8Array, from?: number): Promise<Uint8Array>;
  /** Settles when every rank has come here. */
  barrier(): Promise<void>;
  /** Ends the processes of all ranks with `code`, at once. */
  abort(code: number): void;
  /** Leaves the group after a good end; every rank must. */
  close(): Promise<void>;
}

const none = async (): Promise<void> => {};

/** The group of a process that trains alone. */
export const groupOfOne: ProcessGroup = {
  rank: 0,
  size: 1,
  localRank: 0,
  localSize: 1,
  description: "one process",
  sum: none,
  sum64: none,
  max: none,
  gather: async (bytes) => [bytes],
  broadcast: async (bytes) => bytes,
  barrier: none,
  abort: (code) => process.exit(code),
  close: none,
};

/** What every rank gave, in their order, on every rank: plain data and typed arrays. */
export async function gatherValues<T>(group: ProcessGroup, value: T): Promise<readonly T[]> {
  if (group.size === 1) return [value];
  const all = await group.gather(serialize(value));
  return all.map((bytes) => deserialize(bytes) as T);
}

/** What rank `from` gave, on every rank; what others give is not looked at. */
export async function broadcastValue<T>(group: ProcessGroup, value: T, from = 0): Promise<T> {
  if (group.size === 1) return value;
  const bytes = group.rank === from ? serialize(value) : new Uint8Array();
  return deserialize(await group.broadcast(bytes, from)) as T;
}
