/** The confusion matrix of a report: a table that colours help to read, or a map and lists where there are many labels. */
import type { MetricTable } from "@millrace/core/spec";
import { confusions, perLabel } from "../view/per-label.js";
import { count, percent, plural } from "../view/format.js";
import { type Html, html } from "./html.js";

/** With more labels than this, numbers in a table are no longer read. */
const mostInTable = 25;
const mostConfusions = 10;

export function confusionHtml(table: MetricTable, split: string): Html {
  const { rowNames, rows } = table;
  const all = rows.flat().reduce((sum, value) => sum + value, 0);
  const right = rows.reduce((sum, row, i) => sum + row[i], 0);
  const lead = `${count(right)} of ${plural(all, `${split} sample`)} were given their own label. Rows are the true labels, columns what the model says.`;
  if (rowNames.length <= mostInTable) {
    const list = rowNames.length > 2 && all > right ? html`<div>${frequent(table)}</div>` : undefined;
    return html`<h2>Confusion matrix</h2><p>${lead}</p><div class="around"><div>${numbers(table)}</div>${list}</div>
<p class="quiet">Recall: the share of a true label's samples that were given it. Precision: of the samples that were given a label, the share that has it.</p>`;
  }
  const lists = html`<div class="beside"><div>${frequent(table)}</div><div>${weakest(table)}</div></div>`;
  return html`<h2>Confusion matrix</h2><p>${lead}</p>${map(table, lead)}${lists}`;
}

function numbers(table: MetricTable): Html {
  const { rowNames, columnNames, rows } = table;
  const labels = perLabel(table);
  const share = (value: number | undefined) => (value === undefined ? "–" : percent(value));
  const body = rows.map((row, i) => {
    const { samples, recall } = labels[i];
    const cells = row.map((value, j) => cell(value, samples, i === j));
    return html`<tr><th scope="row">${rowNames[i]}</th>${cells}<td class="margin">${share(recall)}</td></tr>`;
  });
  const foot = labels.map(({ precision }) => html`<td class="margin">${share(precision)}</td>`);
  return html`<div class="scroll"><table class="matrix"><thead><tr><th scope="col">true</th>${columnNames.map((name) => html`<th scope="col"><span>${name}</span></th>`)}<th scope="col" class="margin">recall</th></tr></thead><tbody>${body}</tbody><tfoot><tr><th scope="row">precision</th>${foot}<td class="margin"></td></tr></tfoot></table></div>`;
}

/** Deeper with the share of the true label's samples; its root, so that rare confusions are seen too. */
function cell(value: number, samples: number, isRight: boolean): Html {
  if (value === 0) return html`<td class="none">0</td>`;
  const depth = Math.sqrt(value / samples);
  const kind = `${isRight ? "hit" : "miss"}${depth > 0.6 ? " deep" : ""}`;
  return html`<td class="${kind}" style="--depth:${Math.round(depth * 100)}%">${count(value)}</td>`;
}

/** One square for each pair of labels that occurs. */
function map({ rowNames, columnNames, rows }: MetricTable, description: string): Html {
  const size = rowNames.length;
  const squares = rows.flatMap((row, i) => {
    const samples = row.reduce((sum, value) => sum + value, 0);
    return row.flatMap((value, j) => {
      if (value === 0) return [];
      const depth = Math.max(0.15, Math.sqrt(value / samples)).toFixed(2);
      const title = `${rowNames[i]} taken for ${columnNames[j]}: ${count(value)} of ${count(samples)}`;
      return [
        html`<rect class="${i === j ? "hit" : "miss"}" x="${j}" y="${i}" width="1" height="1" opacity="${depth}"><title>${title}</title></rect>`,
      ];
    });
  });
  return html`<svg class="map" viewBox="0 0 ${size} ${size}" role="img" aria-label="${description}"><rect class="ground" width="${size}" height="${size}"/>${squares}</svg>
<p class="quiet">One square for each pair of labels that occurs, in the order of the labels, deeper with its share of the row; point at one to read it.</p>`;
}

function frequent(table: MetricTable): Html {
  const found = confusions(table);
  const rows = found
    .slice(0, mostConfusions)
    .map(
      ({ truth, predicted, samples, share }) =>
        html`<tr><th scope="row">${truth}</th><td class="words">${predicted}</td><td>${count(samples)}</td><td>${percent(share)}</td></tr>`,
    );
  const more = found.length - rows.length;
  return html`<h3>Most frequent confusions</h3><div class="scroll"><table class="list"><thead><tr><th scope="col">true</th><th scope="col" class="words">taken for</th><th scope="col">samples</th><th scope="col">of that label</th></tr></thead><tbody>${rows}</tbody></table></div>${more > 0 ? html`<p class="quiet">and ${count(more)} more</p>` : undefined}`;
}

function weakest(table: MetricTable): Html {
  const rows = perLabel(table)
    .filter(({ recall }) => recall !== undefined)
    .sort((a, b) => (a.recall ?? 0) - (b.recall ?? 0))
    .slice(0, mostConfusions)
    .map(
      ({ label, samples, recall = 0, precision }) =>
        html`<tr><th scope="row">${label}</th><td>${count(samples)}</td><td>${percent(recall)}</td><td>${precision === undefined ? "–" : percent(precision)}</td></tr>`,
    );
  return html`<h3>Labels found least</h3><div class="scroll"><table class="list"><thead><tr><th scope="col">label</th><th scope="col">samples</th><th scope="col">recall</th><th scope="col">precision</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}
