/** The report of a run: one HTML file that asks for nothing from anywhere. */
import type { RunHistory } from "../run/history.js";
import { count, duration, figure, percent } from "../view/format.js";
import { paceOf } from "../view/narrate.js";
import { badHtml } from "./bad.js";
import { curves } from "./curves.js";
import { type Headline, headlines } from "./headlines.js";
import { documentText, refreshing } from "./document.js";
import { type Html, html } from "./html.js";
import { titleOf } from "./points.js";
import type { Report } from "./report.js";
import { stagesHtml } from "./stages.js";
import { style } from "./style.js";

/** With more epochs than this, the last ones are shown first. */
const mostEpochs = 30;
const lastEpochs = 10;

export function page(report: Report): string {
  const { name, status, history, sections = [] } = report;
  return documentText({
    title: name,
    style,
    head: refreshing(status === "running"),
    header: html`<p class="kicker">Millrace training report</p>
<h1>${name} <span class="status ${status}">${status}</span></h1>
<p>${report.startedAt.toISOString().slice(0, 16).replace("T", " ")} UTC · ${report.data}</p>`,
    main: html`<section aria-label="Headline numbers"><dl class="headlines">${headlines(report).map(card)}</dl></section>
${unit(history)}<section><h2>Curves</h2><div class="charts">${curves(history)}</div>
<p class="quiet">Training values are means over an epoch, taken while the model learns; validation values are taken at its end.</p></section>
${[...sections, report.firstBatch, stagesHtml(report), badHtml(report)].map((section) => section && html`<section>${section}</section>`)}
<section><h2>Epochs</h2>${epochTable(history)}</section>
<section><h2>Details</h2>${details(report)}</section>`,
  });
}

/** Which numbers are in the target's own unit, where transforms have changed it. */
function unit({ model }: RunHistory): Html | undefined {
  if (model?.restored === undefined) return undefined;
  return html`<p class="quiet">Transforms changed the target <b>${model.restored}</b> for training. The loss is that of what they made of it; all other numbers and the predictions below are in the target’s own unit.</p>
`;
}

function card({ name, value, note }: Headline): Html {
  return html`<div><dt>${name}</dt><dd><strong>${value}</strong>${note === undefined ? undefined : html`<small>${note}</small>`}</dd></div>`;
}

function epochTable({ epochs }: RunHistory): Html {
  if (epochs.length === 0) return html`<p>No epoch has ended yet.</p>`;
  const trainNames = Object.keys(epochs[0].train);
  const validationNames = Object.keys(epochs[0].validation ?? {});
  const heads = [
    ...trainNames.map((name) => `training ${titleOf(name).toLowerCase()}`),
    ...validationNames.map((name) => `validation ${titleOf(name).toLowerCase()}`),
    "time",
    "samples/s",
    "data wait",
  ];
  const rows = epochs.map((epoch) => {
    const cells = [
      ...trainNames.map((name) => figure(epoch.train[name])),
      ...validationNames.map((name) => figure(epoch.validation?.[name] ?? Number.NaN)),
      duration(epoch.seconds),
      count(epoch.samplesPerSecond),
      percent(epoch.dataWait),
    ];
    return html`<tr><th scope="row">${epoch.epoch + 1}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`;
  });
  const tableOf = (some: readonly Html[]): Html =>
    html`<div class="scroll"><table><thead><tr><th scope="col">epoch</th>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead><tbody>${some}</tbody></table></div>`;
  if (rows.length <= mostEpochs) return tableOf(rows);
  return html`${tableOf(rows.slice(-lastEpochs))}<details><summary>All ${count(rows.length)} epochs</summary>${tableOf(rows)}</details>`;
}

function details({ history: { device, model, epochs }, spec }: Report): Html {
  const pace = paceOf(epochs);
  return html`${
    device &&
    html`<p><b>Device</b> ${device.device} (${device.reason})${device.skipped.map((skipped) => html`<br><span class="quiet">not used: ${skipped}</span>`)}</p>`
  }
<p><b>Pace</b> ${count(pace.samplesPerSecond)} samples per second; ${percent(pace.dataWait)} of the training time was spent waiting for data, ${percent(pace.upload)} copying it to the device.</p>
${model && html`<details><summary>Model, ${count(model.parameters)} parameters</summary><pre>${model.summary}</pre></details>`}
<details><summary>Spec</summary><pre>${JSON.stringify(spec, null, 2)}</pre></details>`;
}
