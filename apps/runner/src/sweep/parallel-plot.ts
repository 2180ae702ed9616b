/** Parallel coordinates: an axis for each value that varies and one for what trials are ranked by, a line for each trial. */
import { type Html, html } from "../report/html.js";
import { figure } from "../view/format.js";
import { type Ranked, ranked, shortNames, valueText } from "./ranking.js";
import { variedPaths } from "./space.js";
import type { Sweep } from "./sweep-file.js";

/** Of an axis with the room on its left. */
const apart = 150;
const height = 320;
const margin = { left: 76, right: 76, top: 34, bottom: 16 };

interface Axis {
  readonly name: string;
  readonly ticks: readonly { readonly text: string; readonly share: number }[];
  /** From 0, at the bottom, to 1. */
  share(row: Ranked): number;
}

export function parallelPlot(sweep: Sweep): Html {
  const rows = ranked(sweep).filter(({ value }) => value !== undefined);
  if (rows.length < 2) return html`<p class="quiet">Drawn once two trials have ended.</p>`;
  const paths = variedPaths(sweep.trials);
  const names = shortNames(paths);
  const axes = [
    ...paths.map((path, i) => axisOf(names[i], rows, (row) => row.trial.values[path])),
    axisOf(sweep.by, rows, ({ value }) => value),
  ];
  const width = margin.left + margin.right + apart * (axes.length - 1);
  const x = (i: number) => margin.left + apart * i;
  const y = (share: number) => height - margin.bottom - share * (height - margin.top - margin.bottom);
  const lines = rows.toReversed().map((row) => {
    const path = axes
      .map((axis, i) => `${i === 0 ? "M" : "L"}${x(i).toFixed(1)} ${y(axis.share(row)).toFixed(1)}`)
      .join("");
    const look = row.rank === 1 ? "first" : row.trial.state;
    const told = paths.map((each, i) => `${names[i]} ${valueText(row.trial.values[each])}`).join(", ");
    return html`<path class="${look}" d="${path}"><title>${row.trial.id}: ${told}: ${sweep.by} ${figure(row.value ?? Number.NaN)}</title></path>`;
  });
  const drawn = axes.map((axis, i) => {
    const at = x(i).toFixed(1);
    const isLast = i === axes.length - 1;
    return html`<line class="axis" x1="${at}" x2="${at}" y1="${y(0)}" y2="${y(1)}"/><text x="${at}" y="${margin.top - 16}" text-anchor="middle" class="name">${shortened(axis.name, 20)}</text>${axis.ticks.map(
      ({ text, share }) =>
        html`<text x="${(x(i) + (isLast ? 8 : -8)).toFixed(1)}" y="${y(share).toFixed(1)}" dy="0.32em" text-anchor="${isLast ? "start" : "end"}">${text}</text>`,
    )}`;
  });
  return html`<figure class="chart across"><div class="scroll"><svg viewBox="0 0 ${width} ${height}" style="min-width: ${Math.round(width * 0.62)}px; max-width: ${Math.round(width * 1.5)}px" role="img" aria-label="The values of ${rows.length} trials, and ${sweep.by}; the table below has the same"><g class="lines">${lines}</g>${drawn}</svg></div>
<figcaption class="quiet">A line for each trial; the best stands out, those that were given up are dashed.</figcaption></figure>`;
}

/** Numbers lie where they belong, on a scale of equal ratios where they span more than a hundredfold; all else evenly. */
function axisOf(name: string, rows: readonly Ranked[], of: (row: Ranked) => unknown): Axis {
  const all = rows.map(of);
  const numbers = all.filter((value) => typeof value === "number" && Number.isFinite(value)) as number[];
  if (numbers.length === all.length) return numberAxis(name, numbers, (row) => of(row) as number);
  const words = [...new Set(all.map(valueText))].sort((a, b) => a.localeCompare(b));
  const place = (word: string) => (words.length === 1 ? 0.5 : words.indexOf(word) / (words.length - 1));
  const ticks = words.length > 12 ? [] : words.map((text) => ({ text: shortened(text), share: place(text) }));
  return { name, ticks, share: (row) => place(valueText(of(row))) };
}

function numberAxis(name: string, numbers: readonly number[], of: (row: Ranked) => number): Axis {
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const isLog = low > 0 && high / low > 100;
  const along = (value: number) => (isLog ? Math.log(value) : value);
  const share = (value: number) =>
    high === low ? 0.5 : (along(value) - along(low)) / (along(high) - along(low));
  const own = [...new Set(numbers)].sort((a, b) => a - b);
  const middle = isLog ? Math.sqrt(low * high) : (low + high) / 2;
  const shown = own.length <= 7 ? own : [low, middle, high];
  const ticks = shown
    .map((value) => ({ text: String(Number(value.toPrecision(3))), share: share(value) }))
    .filter(
      ({ share: at }, i, all) =>
        i === 0 || i === all.length - 1 || apartEnough(at, all[i - 1].share, all[all.length - 1].share),
    );
  return { name, ticks, share: (row) => share(of(row)) };
}

/** Labels that would cover each other are left out, the ends never. */
function apartEnough(at: number, before: number, end: number): boolean {
  return at - before > 0.06 && end - at > 0.06;
}

function shortened(text: string, most = 12): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
