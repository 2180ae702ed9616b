/** The page of a sweep: its trials from the best on, each with a link to its report. It asks for nothing from anywhere. */
import { join } from "node:path";
import { documentText, refreshing } from "../report/document.js";
import { type Html, html } from "../report/html.js";
import { style } from "../report/style.js";
import { writeWhole } from "../run/directory.js";
import { count, duration, figure, plural } from "../view/format.js";
import { parallelPlot } from "./parallel-plot.js";
import { bestOf, metricNames, type Ranked, ranked, shortNames, valueText } from "./ranking.js";
import { variedPaths } from "./space.js";
import type { Sweep, TrialState } from "./sweep-file.js";

export const pageName = "sweep.html";

export function writePage(folder: string, sweep: Sweep): Promise<void> {
  return writeWhole(join(folder, pageName), sweepPage(sweep));
}

export function sweepPage(sweep: Sweep): string {
  const { name, status, startedAt, trials } = sweep;
  return documentText({
    title: `${name}, a sweep`,
    style: style + sweepStyle,
    head: refreshing(status === "running"),
    header: html`<p class="kicker">Millrace sweep</p>
<h1>${name} <span class="status ${status}">${status}</span></h1>
<p>${startedAt.slice(0, 16).replace("T", " ")} UTC · ${plural(trials.length, "trial")}, ${standText(sweep)}</p>`,
    main: html`${bestHtml(sweep)}
<section><h2>Values and what they came to</h2>${parallelPlot(sweep)}</section>
<section><h2>Trials</h2>${table(sweep)}</section>
<section><h2>Details</h2>${details(sweep)}</section>`,
  });
}

const sweepStyle = `
a { color: var(--train); }
.trials td.value { text-align: left; }
.trials td.why { text-align: left; white-space: normal; min-width: 14rem; color: var(--quiet); overflow-wrap: anywhere; }
.trials tr.first { background: color-mix(in srgb, var(--good) 14%, var(--card)); }
.trials tr.failed td.state, .trials tr.killed td.state { color: var(--bad); }
code { overflow-wrap: anywhere; }
.trials th.value, .trials th:nth-child(2), .trials td:nth-child(2), .trials .state, .trials th.why { text-align: left; }
.across { max-width: none; } .across svg { display: block; margin: 0 auto; }
.across text { fill: var(--quiet); font-size: 14px; paint-order: stroke; stroke: var(--card); stroke-width: 5px; stroke-linejoin: round; } .across .axis { stroke: var(--quiet); }
.across .name { fill: var(--ink); font-weight: 600; }
.across .lines path { fill: none; stroke: var(--train); stroke-width: 1.5; opacity: 0.35; }
.across .lines .hopeless { stroke: var(--quiet); stroke-dasharray: 5 4; } .across .lines .first { stroke: var(--validation); stroke-width: 3; opacity: 1; }
.across .lines path:hover { stroke-width: 4; opacity: 1; }
`;

function standText({ trials }: Sweep): string {
  const states: readonly TrialState[] = [
    "finished",
    "hopeless",
    "failed",
    "killed",
    "stopped",
    "running",
    "waiting",
  ];
  const words: Partial<Record<TrialState, string>> = { hopeless: "given up" };
  return states
    .map((state) => ({ state, number: trials.filter((trial) => trial.state === state).length }))
    .filter(({ number }) => number > 0)
    .map(({ state, number }) => `${count(number)} ${words[state] ?? state}`)
    .join(", ");
}

function bestHtml(sweep: Sweep): Html | undefined {
  const best = bestOf(sweep);
  if (best?.value === undefined) return undefined;
  const { trial, value } = best;
  const paths = variedPaths(sweep.trials);
  const names = shortNames(paths);
  const cards = [
    { name: `Best ${sweep.by}`, value: figure(value), note: `trial ${trial.id}` },
    ...paths.map((path, i) => ({ name: names[i], value: valueText(trial.values[path]), note: undefined })),
  ];
  return html`<section aria-label="The best trial"><dl class="headlines">${cards.map(
    (card) =>
      html`<div><dt>${card.name}</dt><dd><strong>${card.value}</strong>${card.note && html`<small>${card.note}</small>`}</dd></div>`,
  )}</dl></section>`;
}

function table(sweep: Sweep): Html {
  const paths = variedPaths(sweep.trials);
  const names = shortNames(paths);
  const metrics = metricNames(sweep);
  const rows = ranked(sweep);
  const isTold = rows.some(({ trial }) => trial.reason !== undefined);
  const heads = [...metrics, "epochs", "time", "state", ...(isTold ? ["why"] : [])];
  const row = ({ trial, rank }: Ranked) => {
    const { id, runs, state, values, reason, epochs, seconds } = trial;
    const last = runs.at(-1);
    const link =
      last === undefined || state === "waiting" ? html`${id}` : html`<a href="${last}/report.html">${id}</a>`;
    return html`<tr class="${state}${rank === 1 ? " first" : ""}"><th scope="row">${rank ?? "–"}</th><td>${link}</td>${paths.map(
      (path) => html`<td class="value">${valueText(values[path])}</td>`,
    )}${metrics.map((name) => html`<td>${numberText(trial.metrics?.[name])}</td>`)}<td>${epochs ?? "–"}</td><td>${
      seconds === undefined ? "–" : duration(seconds)
    }</td><td class="state">${state === "hopeless" ? "given up" : state}</td>${isTold ? html`<td class="why">${reason ?? ""}</td>` : undefined}</tr>`;
  };
  return html`<div class="scroll"><table class="trials"><thead><tr><th scope="col">rank</th><th scope="col">trial</th>${names.map((name) => html`<th scope="col" class="value">${name}</th>`)}${heads.map((head) => html`<th scope="col" class="${["state", "why"].includes(head) ? head : ""}">${head}</th>`)}</tr></thead><tbody>${rows.map(row)}</tbody></table></div>`;
}

function numberText(value: number | null | undefined): string {
  return value === undefined ? "–" : figure(value ?? Number.NaN);
}

function details({ specs, set, random, by, stopping, millrace }: Sweep): Html {
  const how =
    random === undefined
      ? "every combination"
      : `${random.count} drawn at random, by the seed ${random.seed}`;
  const rule =
    stopping &&
    (stopping.rule === "median"
      ? "the median of others"
      : `successive halving, 1 of ${stopping.factor} goes on`);
  return html`<p><b>Spec</b> ${specs.join(" + ")}</p>
<p><b>Varied</b> ${set.map((text) => html`<code>--set ${text}</code> `)}: ${how}</p>
<p><b>Ranked by</b> ${by}${rule && html` · given up by ${rule}`} · Millrace ${millrace}</p>`;
}
