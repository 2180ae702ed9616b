/** A table of samples, one a row; on a phone each becomes a card, whose values stand under their heads. */
import { type Html, html } from "./html.js";

export interface AnswersRow {
  /** What the sample is called. */
  readonly name: string;
  /** One for each head. */
  readonly cells: readonly (string | Html)[];
  readonly style?: string;
}

/** Cards that a phone shows unasked. */
export const few = 6;

/** `words` are the places of columns that may be long; `mark` is the place of a verdict. */
export function answersTable(
  heads: readonly string[],
  rows: readonly AnswersRow[],
  { words = [], mark }: { readonly words?: readonly number[]; readonly mark?: number } = {},
): Html {
  const styleOf = (i: number) => (words.includes(i) ? "input" : i === mark ? "mark" : "");
  const body = rows.map(({ name, cells, style = "" }) => {
    const filled = cells.map(
      (cell, i) => html`<td class="${styleOf(i)}" data-head="${heads[i]}">${cell}</td>`,
    );
    return html`<tr class="${style}"><th scope="row">${name}</th>${filled}</tr>`;
  });
  const more =
    rows.length > few
      ? html`<label class="more"><input type="checkbox"> all ${rows.length}</label>`
      : undefined;
  return html`<div class="scroll">${more}<table class="answers"><thead><tr><th scope="col">sample</th>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead><tbody>${body}</tbody></table></div>`;
}
