/** What is wrong with bytes that a reader has stumbled over, in words that need no knowledge of the reader. */
import { messageOf } from "@millrace/core";

/** The words of a reader's own errors; those of the engine tell nothing about the file. */
export function damageOf(error: unknown): string {
  const isEngines = [TypeError, RangeError, SyntaxError, ReferenceError].some(
    (type) => error instanceof type,
  );
  return isEngines ? "its bytes make no sense there" : messageOf(error);
}
