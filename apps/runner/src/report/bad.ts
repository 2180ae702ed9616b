/** The samples that could not be made, and were passed over. */
import { count, plural } from "../view/format.js";
import { badText } from "../view/narrate.js";
import { answersTable } from "./answers-table.js";
import { type Html, html } from "./html.js";
import type { Report } from "./report.js";

/** The section's content; nothing where there are none. */
export function badHtml({ bad, history, spec }: Report): Html | undefined {
  const last = history.epochs.findLast((epoch) => badText(epoch) !== undefined);
  if (bad === undefined || (bad.count === 0 && last === undefined)) return undefined;
  const { onError } = spec.loader;
  const done =
    onError === "replace"
      ? "In training, others stand in their places, drawn by the seed; what is measured leaves them out"
      : "They are left out of training and of what is measured";
  const listed = onError === "quarantine" ? "; quarantine.jsonl lists all of them" : "";
  const each = last && html` In epoch ${last.epoch + 1}: ${badText(last)}.`;
  const more = bad.count - bad.named.length;
  return html`<h2>Bad samples</h2>
<p>${plural(bad.count, "sample")} could not be made. ${done}${listed}.${each}</p>
${bad.named.length > 0 ? table(bad.named) : undefined}${more > 0 ? html`<p class="quiet">… and ${count(more)} more</p>` : undefined}`;
}

function table(named: NonNullable<Report["bad"]>["named"]): Html {
  const rows = named.map(({ key, index, split, stage, reason, code, epoch }) => ({
    name: key ?? `sample ${index}`,
    cells: [split ?? "", stage, code, reason, String(epoch + 1)],
  }));
  return answersTable(["split", "stage", "code", "reason", "first in epoch"], rows, { words: [3] });
}
