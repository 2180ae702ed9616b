/** torch's `pin_memory`: slots are page-locked, and a batch's own `pin` method is called, wherever it stands. */
import type { Logger } from "../../contracts/logger.js";
import { isNdArray } from "../../contracts/ndarray.js";
import { isPlainObject } from "../../data/collate.js";
import { openPageLock, type PageLock } from "./page-lock.js";
import { Pins } from "./pins.js";

/** A part of a batch that knows how to pin itself. */
export interface Pinnable {
  pin(): unknown;
}

/** Page-locks the slots of a loader's workers, and says how, or why not: never a silent no-op. */
export class Pinning {
  readonly #logger: Logger | undefined;
  #lock: PageLock | undefined;
  #failed = false;

  constructor(numWorkers: number, logger: Logger | undefined) {
    this.#logger = logger;
    if (numWorkers === 0) this.here();
  }

  /** Says that this thread makes batches itself. */
  here(): void {
    this.#warn({}, "batches made in this thread (numWorkers: 0) lie in ordinary memory");
  }

  /** What locks the slots of one worker. The system's means are looked for at the first call. */
  pins(): Pins {
    this.#lock ??= this.#open();
    return new Pins(this.#lock, (fault) => this.#fail(fault));
  }

  /** After the workers have ended. */
  close(): void {
    this.#lock?.close();
    this.#lock = undefined;
  }

  #open(): PageLock {
    const lock = openPageLock();
    const { kind, reason } = lock;
    const message = `pinMemory: batches are ${reason}`;
    if (kind !== "none" && this.#logger !== undefined && firstTime(message, this.#logger)) {
      this.#logger.info({ kind }, message);
    }
    return lock;
  }

  #fail(fault: string): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#warn({ kind: this.#lock?.kind }, fault);
  }

  #warn(fields: object, reason: string): void {
    const message = `pinMemory: batches are not page-locked, or not all of them: ${reason}`;
    if (!firstTime(message, this.#logger)) return;
    if (this.#logger !== undefined) this.#logger.warn(fields, message);
    else process.emitWarning(message, { code: "MILLRACE_PIN" });
  }
}

/** What was said, and to whom: the loaders of one run need not all say the same. */
const said = new WeakMap<object, Set<string>>();

function firstTime(message: string, logger: object = process): boolean {
  const messages = said.get(logger) ?? new Set();
  said.set(logger, messages);
  const { size } = messages;
  return messages.add(message).size > size;
}

/** The batch with every part that has a `pin` method replaced by what that returns; the rest is untouched. */
export function pin(value: unknown): unknown {
  if (isPinnable(value)) return value.pin();
  if (isNdArray(value) || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map(pin);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, pin(item)]));
  if (isPlainObject(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, pin(item)]));
  return value;
}

function isPinnable(value: unknown): value is Pinnable {
  return (
    typeof value === "object" && value !== null && typeof (value as Partial<Pinnable>).pin === "function"
  );
}
