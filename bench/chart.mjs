/** Draws ratios as horizontal bars on a logarithmic axis, as one SVG that reads in light and in dark. */

const width = 760;
const left = 250;
const right = 70;
const barHeight = 18;
const step = 28;
const top = 46;

/** `rows`: { name, ratio, note? } each. */
export function ratioChart(title, rows) {
  const most = Math.max(10, ...rows.map(({ ratio }) => ratio));
  const least = Math.min(1, ...rows.map(({ ratio }) => ratio));
  const [low, high] = [Math.log10(least) - 0.1, Math.log10(most) + 0.05];
  const x = (ratio) => left + ((Math.log10(ratio) - low) / (high - low)) * (width - left - right);
  const bottom = top + rows.length * step;
  const ticks = [0.1, 0.3, 1, 3, 10, 30, 100, 300].filter(
    (tick) => tick >= least * 0.8 && tick <= most * 1.1,
  );
  const grid = ticks.map(
    (tick) =>
      `<line x1="${x(tick).toFixed(1)}" x2="${x(tick).toFixed(1)}" y1="${top - 6}" y2="${bottom}" class="${tick === 1 ? "one" : "grid"}"/>` +
      `<text x="${x(tick).toFixed(1)}" y="${bottom + 16}" text-anchor="middle">${tick}×</text>`,
  );
  const bars = rows.map(({ name, ratio }, i) => {
    const y = top + i * step;
    const [from, to] = [Math.min(x(1), x(ratio)), Math.max(x(1), x(ratio))];
    return (
      `<text x="${left - 10}" y="${y + 13}" text-anchor="end">${escaped(name)}</text>` +
      `<rect x="${from.toFixed(1)}" y="${y}" width="${Math.max(to - from, 1).toFixed(1)}" height="${barHeight}" rx="2" class="${ratio < 1 ? "slower" : "faster"}"/>` +
      `<text x="${(to + 6).toFixed(1)}" y="${y + 13}" class="value">${figure(ratio)}×</text>`
    );
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${bottom + 30}" viewBox="0 0 ${width} ${bottom + 30}" role="img" aria-label="${escaped(title)}">
<style>
text { font: 13px system-ui, sans-serif; fill: #333 }
.title { font-weight: 600; font-size: 15px }
.value { font-weight: 600 }
.grid { stroke: #8884 } .one { stroke: #888 }
.faster { fill: #2a78c8 } .slower { fill: #c8662a }
@media (prefers-color-scheme: dark) { text { fill: #ddd } .faster { fill: #5aa2e8 } .slower { fill: #e8925a } }
</style>
<text x="10" y="22" class="title">${escaped(title)}</text>
${grid.join("\n")}
${bars.join("\n")}
</svg>
`;
}

export function figure(ratio) {
  return ratio >= 100 ? ratio.toFixed(0) : ratio >= 10 ? ratio.toFixed(1) : ratio.toFixed(2);
}

function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
