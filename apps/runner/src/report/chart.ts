/** A line chart as inline SVG: its colours come from the page's style, so that it suits light and dark. */
import { figure } from "../view/format.js";
import { Html, html } from "./html.js";
import { epochScale, type Scale } from "./scale.js";

export interface Point {
  /** In epochs from the start of training: 1.5 is the middle of the second epoch. */
  readonly x: number;
  readonly y: number;
}

export interface Series {
  readonly name: string;
  /** The class that colours it: "step", "train" or "validation". */
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
  readonly epochs: number;
  readonly scale: Scale;
}

const width = 560;
const height = 300;
const margin = { left: 52, right: 14, top: 12, bottom: 40 };
const mostMarks = 60;

interface Place {
  x(value: number): number;
  y(value: number): number;
}

export function chart({ title, description, series, epochs, scale }: Chart): Html {
  const across = epochScale(Math.max(1, epochs));
  const inner = { width: width - margin.left - margin.right, height: height - margin.top - margin.bottom };
  const place: Place = {
    x: (value) => margin.left + ((value - across.low) / (across.high - across.low)) * inner.width,
    y: (value) => {
      // A spike above the scale is drawn at its edge rather than over the rest of the page.
      const share = (value - scale.low) / (scale.high - scale.low);
      return margin.top + (1 - Math.min(1, Math.max(0, share))) * inner.height;
    },
  };
  const shown = series.filter(({ points }) => points.length > 0);
  return html`<figure class="chart">
<figcaption><h3>${title}</h3><ul class="legend">${shown.map(
    ({ name, style }) => html`<li class="${style}">${name}</li>`,
  )}</ul></figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${description}">
${axes(across, scale, place)}
${shown.map((line) => drawn(line, place))}
</svg></figure>`;
}

function axes(across: Scale, up: Scale, place: Place): Html {
  const bottom = height - margin.bottom;
  const right = width - margin.right;
  const rows = up.ticks.map((tick) => {
    const y = place.y(tick).toFixed(1);
    return html`<line class="grid" x1="${margin.left}" x2="${right}" y1="${y}" y2="${y}"/><text x="${margin.left - 8}" y="${y}" dy="0.32em" text-anchor="end">${up.label(tick)}</text>`;
  });
  const columns = across.ticks.map((tick) => {
    const x = place.x(tick).toFixed(1);
    return html`<line class="tick" x1="${x}" x2="${x}" y1="${bottom}" y2="${bottom + 5}"/><text x="${x}" y="${bottom + 18}" text-anchor="middle">${across.label(tick)}</text>`;
  });
  return html`${rows}<line class="axis" x1="${margin.left}" x2="${right}" y1="${bottom}" y2="${bottom}"/>${columns}<text class="unit" x="${(margin.left + right) / 2}" y="${height - 4}" text-anchor="middle">epoch</text>`;
}

function drawn({ name, style, points, marks }: Series, place: Place): Html {
  const finite = points.filter(({ y }) => Number.isFinite(y));
  const path = finite.map(({ x, y }) => `${place.x(x).toFixed(1)},${place.y(y).toFixed(1)}`).join(" ");
  const dots =
    marks && finite.length <= mostMarks
      ? finite.map(
          ({ x, y }) =>
            html`<circle cx="${place.x(x).toFixed(1)}" cy="${place.y(y).toFixed(1)}" r="3.5"><title>${name}, epoch ${x}: ${figure(y)}</title></circle>`,
        )
      : [];
  return html`<g class="${style}"><polyline points="${path}"/>${dots}</g>`;
}
