/** What finds tokens that are parts of a text. */
import type { TextUnits, TokenKey } from "./units.js";

/** Told of every token, by where it stands in the text, and its key, which the next one changes. */
export interface TokenVisitor {
  visit(text: TextUnits, start: number, end: number, key: TokenKey): void;
}

/** Finds the tokens of a text, in their order. */
export type Scanner = (text: TextUnits, visitor: TokenVisitor) => void;
