/** Gradients in pieces that are summed by themselves, the last layers' first: their gradients are whole first. */
import type { Together } from "./together.js";

/** Numbers of a piece: 4 MB. Smaller ones would wait for the line more often than they fill it. */
const pieceLength = 2 ** 20;

/** Pieces on their way at the same time; calls of one channel wait for each other. */
const channels = 4;

interface Piece {
  /** Of the weights. */
  readonly from: number;
  readonly to: number;
  /** Of the numbers. */
  readonly start: number;
  readonly end: number;
}

/** Sends pieces in one order on every rank, each when all of its gradients are whole and those before it are sent. */
export class Buckets {
  readonly #together: Together;
  readonly #values: Float32Array;
  readonly #pieces: readonly Piece[];
  readonly #whole: boolean[];
  #next = 0;
  #sent: Promise<void>[] = [];

  constructor(together: Together, values: Float32Array, sizes: readonly number[]) {
    this.#together = together;
    this.#values = values;
    this.#pieces = piecesOf(sizes);
    this.#whole = sizes.map(() => false);
  }

  /** A step begins. */
  begin(): void {
    this.#whole.fill(false);
    this.#next = 0;
    this.#sent = [];
  }

  isWhole(weight: number): boolean {
    return this.#whole[weight];
  }

  /** The gradient of this weight stands in the numbers. */
  whole(weight: number): void {
    this.#whole[weight] = true;
    for (; this.#next < this.#pieces.length; this.#next++) {
      const { from, to, start, end } = this.#pieces[this.#next];
      for (let i = from; i < to; i++) if (!this.#whole[i]) return;
      const channel = 1 + (this.#next % channels);
      const sent = this.#together.group.sum(this.#values.subarray(start, end), channel);
      // Whoever waits for all of them sees the fault of one.
      sent.catch(() => undefined);
      this.#sent.push(sent);
    }
  }

  /** All pieces are sent, and summed. */
  async done(): Promise<void> {
    await Promise.all(this.#sent);
  }
}

function piecesOf(sizes: readonly number[]): Piece[] {
  const pieces: Piece[] = [];
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let [to, end, start] = [sizes.length, total, total];
  for (let i = sizes.length - 1; i >= 0; i--) {
    start -= sizes[i];
    if (end - start < pieceLength && i > 0) continue;
    pieces.push({ from: i, to, start, end });
    [to, end] = [i, start];
  }
  return pieces;
}

/** Whether there is something to be gained: more than one piece, and a line to another host to wait for. */
export function overlaps({ group }: Together, weights: number): boolean {
  return group.localSize < group.size && weights > pieceLength;
}
