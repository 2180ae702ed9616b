/** The page of a comparison: one HTML file that asks for nothing from anywhere. */
import { documentText } from "../report/document.js";
import { Html, html } from "../report/html.js";
import { type Unit, units } from "../report/points.js";
import { style } from "../report/style.js";
import { plural } from "../view/format.js";
import { charts } from "./charts.js";
import { type Comparison, compared, type NamedRun } from "./compared.js";
import { differences, valueText } from "./differences.js";
import { looksStyle } from "./looks.js";
import { readingScript } from "./reading.js";
import { runsLegend, runsTable, type RunsTableOptions, timesTable } from "./runs-table.js";
import { compareStyle } from "./style.js";

/** By this line a page is known to be one that may be written again. */
export const generator = '<meta name="generator" content="Millrace comparison">';

const unitTexts: Readonly<Record<Unit, string>> = {
  epoch: "by epoch",
  step: "by step",
  second: "by time of training",
};

export function comparePage(runs: readonly NamedRun[], options: RunsTableOptions): string {
  const title = `${plural(runs.length, "run")} compared`;
  return documentText({
    title: title,
    style: comparisonStyle(runs.length),
    head: new Html(generator),
    header: html`<p class="kicker">Millrace</p>
<h1>${title}</h1>`,
    main: html`${comparisonHtml(compared(runs), options)}`,
    script: readingScript,
  });
}

/** All rules that a page with a comparison of `count` runs needs. */
export function comparisonStyle(count: number): string {
  return `${style}${compareStyle}${looksStyle(count)}`;
}

/** The sections: the runs, their curves, what differs in their specs, and their times. */
function comparisonHtml(comparison: Comparison, options: RunsTableOptions): Html {
  return html`<section>${runsTable(comparison, options)}</section>
<section><h2>Curves</h2>${unitChoices("epoch")}${runsLegend(comparison)}${units.map((unit) => chartsHtml(comparison, unit))}</section>
<section><h2>What differs in the specs</h2>${differencesHtml(comparison)}</section>
<section><h2>Times</h2>${timesTable(comparison)}</section>`;
}

/** What the charts count from left to right; each choice shows its own charts. */
export function unitChoices(chosen: Unit): Html {
  const choices = units.map(
    (unit) =>
      html`<label><input type="radio" name="unit" value="${unit}" id="by-${unit}"${unit === chosen ? html` checked` : undefined}> ${unitTexts[unit]}</label>`,
  );
  return html`<fieldset class="units"><legend>Drawn</legend>${choices}</fieldset>`;
}

export function chartsHtml(comparison: Comparison, unit: Unit): Html {
  return html`<div class="charts by-${unit}">${charts(comparison, unit)}</div>`;
}

export function differencesHtml({ runs }: Comparison): Html {
  const found = differences(runs.map(({ run }) => run.spec));
  const unread = runs.filter(({ run }) => run.spec === undefined).map(({ run }) => run.name);
  const note =
    unread.length > 0
      ? html`<p class="quiet">No spec.json that can be read: ${unread.join(", ")}.</p>`
      : undefined;
  if (found.length === 0) return html`<p>Nothing: all specs say the same.</p>${note}`;
  const rows = found.map(
    ({ path, values }) =>
      html`<tr><th scope="row"><code>${breakable(path)}</code></th>${values.map((value) => html`<td>${shortened(valueText(value))}</td>`)}</tr>`,
  );
  return html`<div class="scroll"><table class="specs"><thead><tr><th scope="col">path</th>${runs.map(({ run }) => html`<th scope="col">${run.name}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>${note}`;
}

/** A path that may end a line before a dot. */
function breakable(path: string): Html[] {
  return path.split(".").map((part, i) => (i === 0 ? html`${part}` : html`<wbr>.${part}`));
}

const longest = 200;

function shortened(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}
