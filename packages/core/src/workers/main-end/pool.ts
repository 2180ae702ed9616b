/** The main thread's side of the workers: deals requests to them; each is answered exactly once. */
import { cellBytes, type WorkerCells } from "../wire/cells.js";
import { requireNoWorker } from "../making/this-worker.js";
import { Member, type MemberOptions } from "./member.js";
import type { FetchRequest } from "../wire/protocol.js";
import type { Fetched } from "./requests.js";

export type PoolOptions = Omit<MemberOptions, "start">;

export class WorkerPool {
  readonly #members: readonly Member[];
  #closing: Promise<void> | undefined;

  /** @throws MillraceError WORKER_RECIPE in a worker. */
  constructor(start: Omit<MemberOptions["start"], "workerId" | "cells">, options: PoolOptions) {
    requireNoWorker();
    this.#members = Array.from({ length: start.numWorkers }, (_, workerId) => {
      const cells = new SharedArrayBuffer(cellBytes);
      return new Member({ ...options, start: { ...start, workerId, cells } });
    });
  }

  /** True once a worker takes no more requests, though it was not asked to end. */
  get broken(): boolean {
    return this.#members.some((member) => member.broken);
  }

  /** What each worker says of itself. */
  get cells(): readonly WorkerCells[] {
    return this.#members.map(({ cells }) => cells);
  }

  /** Threads that died without being asked to end. */
  get deaths(): number {
    return this.#members.reduce((sum, { deaths }) => sum + deaths, 0);
  }

  /**
   * Asks worker `workerId` for a batch of a pass; undefined if its stream has ended. Rejects with what the worker threw, with
   * WORKER_DIED if three threads in a row died of this batch, or with why the worker cannot start.
   */
  fetch(workerId: number, request: FetchRequest, pass: number): Promise<Fetched | undefined> {
    return this.#members[workerId].fetch(request, pass);
  }

  /** What worker `workerId` is at, innermost first: stage, sample. */
  whereabouts(workerId: number): readonly string[] {
    return this.#members[workerId].whereabouts();
  }

  /**
   * A pass is over, and `epoch` if it was the last of that. A worker that is still at a batch of it five seconds later is
   * replaced.
   */
  leave(pass: number, epoch?: number): void {
    for (const member of this.#members) member.leave(pass, epoch);
  }

  /** Lets every worker close its dataset and end; ends those that do not within five seconds, or all of them at once. */
  close(atOnce = false): Promise<void> {
    this.#closing ??= Promise.all(this.#members.map((member) => member.stop(atOnce))).then(() => undefined);
    return this.#closing;
  }
}
