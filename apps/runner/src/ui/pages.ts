/** The page of a folder of runs, in pieces: what changes is sent again. */
import { compared, type ComparedRun } from "../compare/compared.js";
import { looksStyle, mostLooks } from "../compare/looks.js";
import { chartsHtml, differencesHtml, unitChoices } from "../compare/page.js";
import { runsLegend, runsTable, timesTable } from "../compare/runs-table.js";
import { compareStyle } from "../compare/style.js";
import { Html, html } from "../report/html.js";
import { style } from "../report/style.js";
import { plural } from "../view/format.js";
import { placed, type Selection } from "./selection.js";
import type { WatchedRun } from "./watch.js";

/** HTML by the id of the element that it goes into. */
export type Pieces = Readonly<Record<"count" | "runs" | "keys" | "charts" | "specs" | "times", string>>;

const uiStyle = `
.bar-of-tools { display: flex; flex-wrap: wrap; gap: 0.5rem 1.25rem; align-items: center; margin: 1.25rem 0 0.5rem; }
.bar-of-tools input { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--quiet); border-radius: 0.4rem; padding: 0.3rem 0.6rem; width: min(20rem, 100%); }
#live { color: var(--quiet); } #live.on::before { content: ""; display: inline-block; width: 0.6rem; height: 0.6rem; margin-right: 0.4rem; border-radius: 50%; background: var(--good); }
#live.off { color: var(--bad); }
#runs .scroll { max-height: 60vh; overflow-y: auto; }
`;

/** `runs` are undefined while they are still read: then they follow. */
export function uiPage(
  folder: string,
  runs: readonly WatchedRun[] | undefined,
  selection: Selection,
): string {
  const pieces = runs === undefined ? reading : piecesOf(runs, selection);
  const piece = (id: keyof Pieces): Html => html`<div id="${id}">${new Html(pieces[id])}</div>`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${folder} · Millrace</title>
<style>${new Html(`${style}${compareStyle}${looksStyle(mostLooks)}${uiStyle}`)}</style>
<script src="client.js" defer></script>
</head>
<body>
<header>
<p class="kicker">Millrace</p>
<h1>${folder}</h1>
</header>
<main>
<div class="bar-of-tools"><label>Find <input type="search" id="filter" autocomplete="off"></label>${piece("count")}<span id="live" role="status"></span></div>
<section>${piece("runs")}</section>
<section><h2>Curves</h2>${unitChoices(selection.unit)}${piece("keys")}${piece("charts")}</section>
<section><h2>What differs in the specs</h2>${piece("specs")}</section>
<section><h2>Times</h2>${piece("times")}</section>
</main>
</body>
</html>
`.text;
}

const reading: Pieces = {
  count: "",
  runs: "<p>Reading the runs …</p>",
  keys: "",
  charts: "",
  specs: "",
  times: "",
};

export function piecesOf(runs: readonly WatchedRun[], selection: Selection): Pieces {
  const all = placed(runs, selection);
  const drawn = compared(all.filter(({ place }) => place !== null).toReversed());
  const going = all.filter(({ standing }) => standing === "running").length;
  const count = `${plural(all.length, "run")}${going > 0 ? `, ${going} running` : ""}`;
  const none = html`<p>No run is here yet. It will be shown when <code>millrace run</code> makes one.</p>`;
  const known = new Map(all.map((run) => [run.folder, run]));
  const idOf = ({ run }: ComparedRun): string => known.get(run.folder)?.id ?? "";
  const reportOf = (each: ComparedRun) => (each.run.hasReport ? reportPath(idOf(each)) : undefined);
  const chosen = html`<p class="quiet">Tick the runs whose curves you want to see.</p>`;
  return {
    count,
    runs: (all.length === 0 ? none : runsTable(compared(all), { reportOf, idOf })).text,
    keys: runsLegend(drawn).text,
    charts: (drawn.runs.length === 0 ? chosen : chartsHtml(drawn, selection.unit)).text,
    specs: (drawn.runs.length < 2 ? chosen : differencesHtml(drawn)).text,
    times: timesTable(drawn).text,
  };
}

/** From the page. */
export function reportPath(id: string): string {
  return `report/${encodeURIComponent(id)}`;
}
