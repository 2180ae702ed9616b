/** The runs of a comparison as a table, which is the legend of its charts too: what each was, and what it came to. */
import type { MeasuredSplit } from "../report/best.js";
import { swatch } from "../report/chart.js";
import { type Html, html } from "../report/html.js";
import { titleOf } from "../report/points.js";
import { count, duration, figure, percent } from "../view/format.js";
import { type ComparedRun, type Comparison, type Measure, winners } from "./compared.js";

export interface RunsTableOptions {
  /** Where a run's report is, from where the page is. */
  readonly reportOf: (run: ComparedRun) => string | undefined;
  /** What a run's checkbox is called where runs are chosen from many; without, it takes lines of this page away. */
  readonly idOf?: (run: ComparedRun) => string;
}

const checked = html` checked`;

/** Checkboxes `show-0`, `show-1`, … take a run's lines away and bring them back. */
export function runsTable(comparison: Comparison, { reportOf, idOf }: RunsTableOptions): Html {
  const { measures, runs } = comparison;
  const best = winners(comparison);
  const rows = runs.map((each, i) => {
    const { run, epochs, results } = each;
    const href = reportOf(each);
    const name = href === undefined ? html`${run.name}` : html`<a href="${href}">${run.name}</a>`;
    const cells = results.flatMap((result, j) => {
      if (result === undefined) return [html`<td>–</td><td>–</td>`];
      const at =
        result.best && html`<b>${figure(result.best.value)}</b> <small>@${result.best.epoch + 1}</small>`;
      return [
        html`<td>${figure(result.last)}</td><td class="${best[j] === each ? "best" : ""}">${at ?? "–"}</td>`,
      ];
    });
    const { place } = each;
    const choice = idOf === undefined ? undefined : html` name="run" value="${idOf(each)}"`;
    const look = place === undefined ? undefined : html`<span class="look-${place}">${swatch()}</span>`;
    const box = html`<input type="checkbox" id="show-${place ?? `none-${i}`}"${choice}${place === undefined ? undefined : checked} aria-label="show ${run.name}">`;
    return html`<tr class="row-${place ?? "none"}"><th scope="row"><label class="key">${box}${look}</label>${name}${noteOf(each)}</th><td><span class="status ${run.standing}">${run.standing}</span></td><td>${count(epochs)}${goalOf(each)}</td><td>${run.seconds === undefined ? "–" : duration(run.seconds)}</td>${cells}</tr>`;
  });
  const heads = measures.map(
    (measure) => html`<th scope="colgroup" colspan="2">${measureText(measure)}</th>`,
  );
  const subheads = measures.map(() => html`<th scope="col">last</th><th scope="col">best</th>`);
  return html`<div class="scroll"><table class="runs"><thead><tr><th scope="col" rowspan="2">run</th><th scope="col" rowspan="2">status</th><th scope="col" rowspan="2">epochs</th><th scope="col" rowspan="2">time</th>${heads}</tr><tr>${subheads}</tr></thead><tbody>${rows}</tbody></table></div>
<p class="quiet">Point at a run to see its lines alone; untick it, or press its name above the curves, to take them away. Best values stand with their epoch, the best of all runs on a ground of its own.</p>`;
}

/** How many epochs a run that goes on will have, where its spec says so under the usual name. */
function goalOf({ run }: ComparedRun): string {
  const { trainer } = Object(run.spec) as {
    readonly trainer?: { readonly with?: { readonly epochs?: unknown } };
  };
  const epochs = trainer?.with?.epochs;
  return run.standing === "running" && typeof epochs === "number" ? ` of ${count(epochs)}` : "";
}

/** The runs beside their curves: each name takes its lines away, as its checkbox in the table does. */
export function runsLegend({ runs }: Comparison): Html {
  const drawn = runs.filter(({ place }) => place !== undefined);
  const items = drawn.map(
    ({ run, place = 0 }) =>
      html`<li class="look-${place} row-${place}"><label for="show-${place}">${swatch()}${run.name}</label></li>`,
  );
  return html`<ul class="legend keys">${items}</ul>`;
}

/** "validation accuracy" */
export function measureText({ split, metric }: Measure): string {
  return `${splitText(split)} ${titleOf(metric).toLowerCase()}`;
}

function splitText(split: MeasuredSplit): string {
  return split === "train" ? "training" : "validation";
}

/** What else a reader has to know of a run. */
function noteOf({ run }: ComparedRun): Html | undefined {
  const notes = [
    run.resumedFrom && `went on from ${run.resumedFrom}`,
    run.error,
    run.standing === "lost" && "its process ended without a word",
    run.standing === "unknown" && "run.json cannot be read",
  ].filter((note) => typeof note === "string" && note !== "");
  return notes.length === 0 ? undefined : html`<small class="about">${notes.join(" · ")}</small>`;
}

/** Where the time went, and on what. */
export function timesTable({ runs }: Comparison): Html {
  const rows = runs.map(({ run, secondsPerEpoch, samplesPerSecond, dataWait, upload }) => {
    const cells = [
      run.startedAt === undefined ? "–" : `${run.startedAt.toISOString().slice(0, 16).replace("T", " ")} UTC`,
      run.seconds === undefined ? "–" : duration(run.seconds),
      secondsPerEpoch === undefined ? "–" : duration(secondsPerEpoch),
      samplesPerSecond === undefined ? "–" : count(samplesPerSecond),
      dataWait === undefined ? "–" : percent(dataWait),
      upload === undefined ? "–" : percent(upload),
      run.device ?? "–",
      run.parameters === undefined ? "–" : count(run.parameters),
    ];
    return html`<tr><th scope="row">${run.name}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`;
  });
  const heads = [
    "started",
    "time",
    "training per epoch",
    "samples/s",
    "data wait",
    "upload",
    "device",
    "parameters",
  ];
  return html`<div class="scroll"><table class="times"><thead><tr><th scope="col">run</th>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`;
}
