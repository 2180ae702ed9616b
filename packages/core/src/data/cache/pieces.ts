/** The pieces of records that are read at once: some straight into the batch, the others by way of a scratch. */

/** Where the bytes of a record go: to the scratch, or to the rows of an array of the batch. */
export interface Piece {
  /** From the record's beginning. */
  readonly from: number;
  readonly length: number;
  /** The array of the batch, as bytes. */
  readonly target?: Uint8Array;
}

/** The pieces in the order of the record, with what lies between them. The last may be of any length. */
export function withGaps(direct: readonly Piece[]): readonly Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const piece of direct.toSorted((a, b) => a.from - b.from)) {
    if (piece.from > end) pieces.push({ from: end, length: piece.from - end });
    pieces.push(piece);
    end = piece.from + piece.length;
  }
  return [...pieces, { from: end, length: 0 }];
}

export function partsOf(pieces: readonly Piece[], row: number, scratch: Buffer, end: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (const { from, length, target } of pieces) {
    if (target !== undefined) parts.push(target.subarray(row * length, (row + 1) * length));
    else if (length > 0) parts.push(scratch.subarray(from, from + length));
    else if (end > from) parts.push(scratch.subarray(from, end));
  }
  return parts;
}
