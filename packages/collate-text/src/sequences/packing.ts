/** Sequences of several documents joined into rows of one length. */

/** A part of a document: steps `from` up to `to` of the sequence of one entry. */
export interface Piece {
  readonly entry: number;
  readonly from: number;
  readonly to: number;
  /** Where its document ends in that sequence: a piece that ends before it is followed by another. */
  readonly end: number;
}

/** How documents become rows. */
export type Strategy = "concatenate" | "first-fit";

/** A document is a sequence, or what of it stands between two borders: steps at which another document begins. */
export function documentsOf(
  lengths: readonly number[],
  borders: readonly (readonly number[])[] = [],
): Piece[] {
  return lengths.flatMap((length, entry) => {
    const ends = [...(borders[entry] ?? []), length];
    return ends.flatMap((end, i) => {
      const from = i === 0 ? 0 : ends[i - 1];
      return end > from ? [{ entry, from, to: end, end }] : [];
    });
  });
}

/**
 * Rows of `length` steps, every step of every document once. `concatenate` joins the documents as they come and cuts where
 * a row is full, in the middle of a document too; `first-fit` puts each document whole into the first row that has room
 * (Johnson 1973), and parts only those that are longer than a row.
 */
export function packed(documents: readonly Piece[], length: number, strategy: Strategy): Piece[][] {
  const rows: { pieces: Piece[]; left: number }[] = [];
  const open = (): { pieces: Piece[]; left: number } => {
    rows.push({ pieces: [], left: length });
    return rows[rows.length - 1];
  };
  for (const document of documents) {
    for (let from = document.from; from < document.to; ) {
      const wanted = strategy === "first-fit" ? Math.min(length, document.to - from) : 1;
      const hasRoom = ({ left }: { readonly left: number }): boolean => left >= wanted;
      const row = (strategy === "first-fit" ? rows.find(hasRoom) : rows.slice(-1).find(hasRoom)) ?? open();
      const to = Math.min(document.to, from + row.left);
      row.pieces.push({ ...document, from, to });
      row.left -= to - from;
      from = to;
    }
  }
  return rows.map(({ pieces }) => pieces);
}

/** The number of each step within its piece, from 0. */
export function positionsOf(row: readonly Piece[]): Int32Array {
  return joined(row, ({ from }, step) => step - from);
}

/** Which piece of the row each step is of, from 1: 0 is for padding. */
export function segmentsOf(row: readonly Piece[]): Int32Array {
  return joined(row, (_piece, _step, place) => place + 1);
}

/** What stands at each step of a row. */
export function joined(
  row: readonly Piece[],
  at: (piece: Piece, step: number, place: number) => number,
): Int32Array {
  const values = new Int32Array(row.reduce((sum, { from, to }) => sum + to - from, 0));
  let next = 0;
  for (const [place, piece] of row.entries()) {
    for (let step = piece.from; step < piece.to; step++) values[next++] = at(piece, step, place);
  }
  return values;
}
