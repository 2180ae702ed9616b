/** What finds tokens that are parts of a text. */

/** Told of every token, by where it stands in the text. */
export interface TokenVisitor {
  visit(text: string, start: number, end: number): void;
}

/** Finds the tokens of a text, in their order. */
export type Scanner = (text: string, visitor: TokenVisitor) => void;
