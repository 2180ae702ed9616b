/** What finds tokens that are parts of a text. */
import type { TextUnits } from "./units.js";

/** Told of every token, by where it stands in the text, and the hash of its units (`hashOf`). */
export interface TokenVisitor {
  visit(text: TextUnits, start: number, end: number, hash: number): void;
}

/** Finds the tokens of a text, in their order. */
export type Scanner = (text: TextUnits, visitor: TokenVisitor) => void;
