/**
 * Which state of the database each epoch reads, in memory that all threads share. A state is a number; whoever has it open
 * says by which token others join it. Nobody waits for another thread: the first who chooses a state has chosen it for all.
 */

/** Epochs that are told apart at a time, states that are open, and the bytes of one. */
const EPOCHS = 1024;
const ENTRIES = 256;
const ENTRY = 64;
const MOST = 48;

/** Cells of an entry, of four bytes each: who wrote it (0 nobody, -1 somebody is at it), its state, the token's length. */
const WRITER = 0;
const STATE = 1;
const LENGTH = 2;
const CELLS = 4;

/** Bytes before the entries: the counter, and the state of each epoch. */
const CHOSEN = 8;
const HEAD = CHOSEN + 8 * EPOCHS;

/** A state that somebody has open. */
export interface OpenState {
  readonly token: string;
  /** What `withdraw` takes. */
  readonly place: Place;
}

export interface Place {
  readonly entry: number;
  readonly writer: number;
}

export function sharedTokens(): SharedArrayBuffer {
  return new SharedArrayBuffer(HEAD + ENTRIES * ENTRY);
}

export class Tokens {
  readonly #bytes: Uint8Array;
  readonly #cells: Int32Array;
  readonly #chosen: BigInt64Array;

  constructor(buffer: SharedArrayBuffer) {
    this.#bytes = new Uint8Array(buffer, HEAD);
    this.#cells = new Int32Array(buffer);
    this.#chosen = new BigInt64Array(buffer, CHOSEN, EPOCHS);
  }

  /** A number that nobody else has. */
  next(): number {
    return Atomics.add(this.#cells, 0, 1) + 1;
  }

  /** The state that an epoch reads; 0 where none was chosen. */
  chosen(epoch: number): number {
    const found = Atomics.load(this.#chosen, epoch % EPOCHS);
    return found >> 32n === BigInt(epoch) ? Number(found & 0xffffffffn) : 0;
  }

  /** Chooses the state of an epoch instead of `before`; false where another thread was first. */
  choose(epoch: number, before: number, state: number): boolean {
    const cell = epoch % EPOCHS;
    const found = Atomics.load(this.#chosen, cell);
    const known = found >> 32n === BigInt(epoch) ? Number(found & 0xffffffffn) : 0;
    if (known !== before) return false;
    const mine = (BigInt(epoch) << 32n) | BigInt(state);
    return Atomics.compareExchange(this.#chosen, cell, found, mine) === found;
  }

  /** By what others join a state; undefined where there is no room left, or the token is none that fits. */
  publish(state: number, token: string): Place | undefined {
    const bytes = Buffer.from(token);
    if (bytes.length > MOST) return undefined;
    for (let entry = 0; entry < ENTRIES; entry++) {
      const at = cellOf(entry);
      if (Atomics.compareExchange(this.#cells, at + WRITER, 0, -1) !== 0) continue;
      const writer = this.next();
      this.#cells[at + STATE] = state;
      this.#cells[at + LENGTH] = bytes.length;
      this.#bytes.set(bytes, entry * ENTRY + 4 * CELLS);
      Atomics.store(this.#cells, at + WRITER, writer);
      return { entry, writer };
    }
    return undefined;
  }

  /** Nobody can join by this token any more. */
  withdraw({ entry, writer }: Place): void {
    Atomics.compareExchange(this.#cells, cellOf(entry) + WRITER, writer, 0);
  }

  /** Everybody who has a state open. */
  openers(state: number): OpenState[] {
    const found: OpenState[] = [];
    for (let entry = 0; entry < ENTRIES; entry++) {
      const at = cellOf(entry);
      const writer = Atomics.load(this.#cells, at + WRITER);
      if (writer <= 0 || this.#cells[at + STATE] !== state) continue;
      const start = entry * ENTRY + 4 * CELLS;
      const token = Buffer.from(this.#bytes.slice(start, start + this.#cells[at + LENGTH])).toString();
      // Written anew meanwhile, it is another's.
      if (Atomics.load(this.#cells, at + WRITER) === writer) found.push({ token, place: { entry, writer } });
    }
    return found;
  }
}

function cellOf(entry: number): number {
  return (HEAD + entry * ENTRY) / 4;
}
