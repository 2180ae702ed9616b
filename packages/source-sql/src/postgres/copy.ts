/**
 * `COPY … TO STDOUT (FORMAT binary)`, decoded from the socket's own buffers: the library raises an event for each row,
 * which costs several times what the row does. Everything but the rows still goes through the library.
 */
import type { EventEmitter } from "node:events";
import type { Readable } from "node:stream";
import type { Sink } from "./binary.js";

/** What is used of pg's connection. */
export interface Wire {
  readonly stream: Readable;
  query(text: string): void;
}

/** Messages of the protocol that are looked at (https://www.postgresql.org/docs/current/protocol-message-formats.html). */
const COPY_DATA = 0x64;
const READY = 0x5a;

/** "PGCOPY\n\xff\r\n\0", flags and the length of what follows them. */
const HEADER = 19;

type Listener = (...given: unknown[]) => void;

export interface CopyOptions {
  readonly sink: Sink;
  /** Called after each piece that arrived; asks for a pause by its promise. */
  readonly arrived?: () => Promise<void> | undefined;
  readonly settled: (error?: Error) => void;
}

/** What pg calls a submittable: it has the connection for itself until the server is ready again. */
export class Copy {
  readonly #text: string;
  readonly #options: CopyOptions;
  #listeners: Listener[] = [];
  #wire: Wire | undefined;
  #pending: Buffer[] = [];
  #have = 0;
  #need = 5;
  #begun = false;
  #fault: Error | undefined;

  constructor(text: string, options: CopyOptions) {
    this.#text = text;
    this.#options = options;
  }

  submit(wire: Wire): void {
    this.#wire = wire;
    this.#listeners = wire.stream.listeners("data") as Listener[];
    for (const listener of this.#listeners) wire.stream.off("data", listener);
    wire.stream.on("data", this.#onData);
    wire.query(this.#text);
  }

  handleError(error: Error): void {
    this.#fault ??= error;
    // An error of the server is followed by its being ready; one of the socket by nothing.
    if (!isOfServer(error)) this.#end();
  }

  handleReadyForQuery(): void {
    this.#options.settled(this.#fault);
  }

  handleCommandComplete(): void {}
  handleRowDescription(): void {}
  handleEmptyQuery(): void {}
  handleCopyData(): void {}

  readonly #onData = (chunk: Buffer): void => {
    this.#pending.push(chunk);
    this.#have += chunk.length;
    if (this.#have < this.#need) return;
    const bytes = this.#pending.length === 1 ? chunk : Buffer.concat(this.#pending);
    const at = this.#take(bytes);
    this.#pending = at < bytes.length ? [bytes.subarray(at)] : [];
    this.#have = bytes.length - at;
    const pause = this.#options.arrived?.();
    const stream = this.#wire?.stream;
    if (pause === undefined || stream === undefined) return;
    stream.pause();
    void pause.then(() => stream.resume());
  };

  /** Takes the whole messages in `bytes`, and returns where the first that is not whole begins. */
  #take(bytes: Buffer): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = 0;
    for (;;) {
      const left = bytes.length - at;
      this.#need = left < 5 ? 5 : view.getInt32(at + 1) + 1;
      if (left < this.#need) return at;
      const end = at + this.#need;
      if (bytes[at] === COPY_DATA) this.#row(bytes, view, at + 5, end);
      else this.#pass(bytes.subarray(at, end));
      at = end;
    }
  }

  #row(bytes: Buffer, view: DataView, start: number, end: number): void {
    if (this.#fault !== undefined) return;
    let at = start;
    if (!this.#begun) {
      this.#begun = true;
      at += HEADER + view.getInt32(at + HEADER - 4);
      if (at >= end) return;
    }
    const { sink } = this.#options;
    const count = view.getInt16(at);
    // The end of the rows.
    if (count < 0) return;
    at += 2;
    try {
      for (let column = 0; column < count; column++) {
        const length = view.getInt32(at);
        at += 4;
        if (length < 0) {
          sink.missing(column);
        } else {
          sink.value(column, bytes, view, at, length);
          at += length;
        }
      }
      sink.endRow();
    } catch (error) {
      this.#fault = error as Error;
    }
  }

  #pass(message: Buffer): void {
    if (message[0] === READY) this.#restore();
    for (const listener of this.#listeners) listener(message);
    if (message[0] === READY) this.#options.settled(this.#fault);
  }

  #end(): void {
    this.#restore();
    this.#options.settled(this.#fault);
  }

  #restore(): void {
    const stream = this.#wire?.stream as EventEmitter | undefined;
    if (stream === undefined || !stream.listeners("data").includes(this.#onData)) return;
    stream.off("data", this.#onData);
    for (const listener of this.#listeners) stream.on("data", listener);
  }
}

function isOfServer(error: Error): boolean {
  return "severity" in error;
}
