/**
 * A line chart: lines are stretched to whatever room there is, while all text is the page's own and keeps its size. Colours
 * come from the page's style, so that it suits light and dark.
 */
import { figure } from "../view/format.js";
import { Html, html } from "./html.js";
import type { Scale } from "./scale.js";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Series {
  readonly name: string;
  /** The classes that colour it, such as "step", "train" or "validation". */
  readonly style: string;
  readonly points: readonly Point[];
  /** Whether to mark each point; a hover then tells its value. */
  readonly marks: boolean;
}

export interface Chart {
  readonly title: string;
  /** What the chart shows, in a sentence, for those who do not see it. */
  readonly description: string;
  readonly series: readonly Series[];
  readonly across: Scale;
  readonly up: Scale;
  /** What is counted from left to right: "epoch". */
  readonly unit: string;
  /** What the lines cannot show. */
  readonly note?: string | undefined;
  /** Whether the page names the lines elsewhere. */
  readonly hasLegend?: boolean;
}

/** The side of the square that lines are drawn in, before they are stretched. */
const side = 1000;
const mostMarks = 60;

export function chart(options: Chart): Html {
  const { title, description, series, across, up, unit, note, hasLegend = true } = options;
  const shown = series.filter(({ points }) => points.some(({ y }) => Number.isFinite(y)));
  const legend = shown.map(({ name, style }) => html`<li class="${style}">${swatch()}${name}</li>`);
  const ways = [unit, ...(up.isLog ? ["log scale"] : [])];
  const gutter = Math.max(...up.ticks.map((tick) => up.label(tick).length));
  return html`<figure class="chart">
<figcaption><h3>${title}</h3>${hasLegend ? html`<ul class="legend">${legend}</ul>` : undefined}</figcaption>
<div class="plot" role="img" aria-label="${description}" data-unit="${unit}" data-across="${axisText(across)}" data-up="${axisText(up)}" style="--gutter:${gutter}ch">
<svg viewBox="0 0 ${side} ${side}" preserveAspectRatio="none" aria-hidden="true">${grid(up)}${shown.map((line) => drawn(line, options))}</svg>
${labels(options)}
</div>
<p class="unit">${ways.join(" · ")}</p>${note === undefined ? undefined : html`<p class="note">${note}</p>`}</figure>`;
}

/** A short piece of the line, as legends show it. */
export function swatch(): Html {
  return html`<svg class="swatch" viewBox="0 0 28 10" aria-hidden="true"><path class="curve" d="M1,5H27"/><path class="dot" d="M14,5h.01"/></svg>`;
}

/** For a script that reads values off the lines: from where to where, and how. */
function axisText({ low, high, isLog, size = 1 }: Scale): string {
  return `${low / size} ${high / size} ${isLog ? "log" : "even"}`;
}

function grid(up: Scale): Html[] {
  return up.ticks.map((tick) => html`<path class="grid" d="M0,${heightOf(up, tick)}H${side}"/>`);
}

function labels({ across, up }: Chart): Html {
  const rows = up.ticks.map(
    (tick) => html`<span class="y" style="top:${part(heightOf(up, tick))}">${up.label(tick)}</span>`,
  );
  const columns = across.ticks.map((tick, i) => {
    // On narrow charts every other one is left out.
    const style = across.ticks.length > 6 && i % 2 === 1 ? "x spare" : "x";
    return html`<span class="${style}" style="left:${part(across.share(tick) * side)}">${across.label(tick)}</span>`;
  });
  return html`${rows}${columns}`;
}

function drawn(series: Series, { across, up, unit }: Chart): Html {
  const { name, style, points, marks } = series;
  const at = ({ x, y }: Point) => `${(across.share(x) * side).toFixed(1)},${heightOf(up, y)}`;
  const stretches = unbroken(points);
  const path = stretches.map((part) => `M${part.map(at).join("L")}${part.length === 1 ? "h.01" : ""}`);
  const marked = marks ? stretches.flat() : [];
  // Of more points than can be seen apart some still tell their values, unseen.
  const apart = Math.ceil(marked.length / mostMarks);
  const dots = marked.filter((_, i) => i % apart === 0 || i === marked.length - 1);
  const dot = apart > 1 ? "dot unseen" : "dot";
  return html`<g class="${style}"><title>${name}</title><path class="curve" d="${path.join("")}"/>${dots.map(
    (point) =>
      html`<path class="${dot}" d="M${at(point)}h.01"><title>${name}, ${unit} ${across.label(point.x)}: ${figure(point.y)}</title></path>`,
  )}</g>`;
}

/** What is above the scale, such as a spike, is drawn at its edge rather than over the rest of the page. */
function heightOf(up: Scale, value: number): string {
  const share = Math.min(1, Math.max(0, up.share(value)));
  return ((1 - (Number.isNaN(share) ? 0 : share)) * side).toFixed(1);
}

function part(place: number | string): string {
  return `${(Number(place) / (side / 100)).toFixed(2)}%`;
}

/** Where a value is not a number the line has a gap. */
function unbroken(points: readonly Point[]): Point[][] {
  const stretches: Point[][] = [[]];
  for (const point of points) {
    if (Number.isFinite(point.y)) stretches[stretches.length - 1].push(point);
    else stretches.push([]);
  }
  return stretches.filter((stretch) => stretch.length > 0);
}
