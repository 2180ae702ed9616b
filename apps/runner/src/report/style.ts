import { few } from "./answers-table.js";

/** The report's style sheet: light and dark by the reader's preference. */
export const style = `
:root { --page: #fbfbf9; --card: #fff; --ink: #1d2125; --quiet: #5c6670; --line: #dfe2e5; --grid: #eceef0;
  --train: #2563b0; --step: #7391bf; --validation: #c2540a; --good: #1a7f4b; --bad: #c01c28; --bad-card: #fdeeee; }
@media (prefers-color-scheme: dark) {
  :root { --page: #15181b; --card: #1d2125; --ink: #e6e9ec; --quiet: #9aa5b0; --line: #343a41; --grid: #2a2f35;
    --train: #6fa8f5; --step: #4f76a8; --validation: #f29a4a; --good: #57c98a; --bad: #ff8080; --bad-card: #3a2022; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 70rem; padding: 2.5rem 1.5rem 4rem; background: var(--page); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
h1 { margin: 0; font-size: 2rem; line-height: 1.2; letter-spacing: -0.015em; overflow-wrap: anywhere; }
h2 { margin: 2.75rem 0 0.75rem; font-size: 1.25rem; }
h3 { margin: 0; font-size: 1rem; }
header p { margin: 0.35rem 0 0; color: var(--quiet); }
.kicker { font-size: 0.8rem; letter-spacing: 0.06em; text-transform: uppercase; margin: 0 0 0.25rem; }
.status { display: inline-block; white-space: nowrap; font-size: 0.8rem; font-weight: 600; letter-spacing: 0; vertical-align: 0.4em; padding: 0.15rem 0.6rem;
  border: 1px solid currentColor; border-radius: 1rem; color: var(--quiet); }
.status.finished { color: var(--good); }
.status.failed { color: var(--bad); }
.headlines { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 0.75rem; margin: 1.75rem 0 0; }
.headlines div, .chart { background: var(--card); border: 1px solid var(--line); border-radius: 0.6rem; padding: 0.85rem 1rem; }
dt { color: var(--quiet); font-size: 0.85rem; }
dd { margin: 0; }
dd strong { display: block; font-size: 1.5rem; line-height: 1.3; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
dd small, .quiet { color: var(--quiet); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); gap: 0.75rem; }
.chart { margin: 0; max-width: 44rem; }
figcaption { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0.25rem 1rem; align-items: baseline; }
.legend { display: flex; flex-wrap: wrap; gap: 0.1rem 1rem; margin: 0; padding: 0; list-style: none; font-size: 0.8rem; color: var(--quiet); }
.legend li { display: flex; align-items: center; gap: 0.4rem; }
.swatch { flex: none; width: 1.75rem; height: 0.625rem; }
.step { --color: var(--step); } .train { --color: var(--train); } .validation { --color: var(--validation); }
.plot { position: relative; height: 15rem; margin: 0.9rem 1rem 1.6rem calc(var(--gutter) + 0.9rem); font-size: 0.75rem; line-height: 1;
  color: var(--quiet); font-variant-numeric: tabular-nums; container-type: inline-size; border-bottom: 1px solid var(--quiet); }
.plot svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible; }
.plot .y, .plot .x { position: absolute; white-space: nowrap; }
.plot .y { right: calc(100% + 0.5rem); transform: translateY(-50%); }
.plot .x { top: calc(100% + 0.45rem); transform: translateX(-50%); }
@container (max-width: 24rem) { .plot .spare { display: none; } }
.unit, .note { margin: 0; font-size: 0.8rem; color: var(--quiet); text-align: center; }
.note { color: var(--bad); }
.plot path, .swatch path { fill: none; stroke: var(--color); vector-effect: non-scaling-stroke; stroke-linejoin: round; stroke-linecap: round; }
.plot .grid { stroke: var(--grid); stroke-width: 1; } .curve { stroke-width: 2.25; } .dot { stroke-width: 7; } .plot .dot.unseen { stroke: transparent; stroke-width: 12; }
.step .curve { stroke-width: 1.25; } .step .dot { display: none; }
.validation .curve { stroke-dasharray: 7 5; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(4.75rem, 1fr)); gap: 0.55rem; margin: 0; padding: 0; list-style: none; }
.pictures li { padding: 0.4rem; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--card); text-align: center;
  font-size: 0.85rem; line-height: 1.3; overflow-wrap: anywhere; }
.pictures img { display: block; width: 100%; height: auto; image-rendering: pixelated; border-radius: 0.25rem; margin-bottom: 0.35rem; background: #000; }
.pictures .wrong { border-color: var(--bad); box-shadow: 0 0 0 1px var(--bad); background: var(--bad-card); }
.verdict { display: flex; justify-content: center; gap: 0.3rem; } .verdict b { min-width: 0; } .verdict .mark { flex: none; }
.right .mark { color: var(--good); } .wrong .mark, .wrong b { color: var(--bad); }
.scroll { overflow-x: auto; }
.beside { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); gap: 0 2rem; }
.around h3, .beside h3 { margin: 1.25rem 0 0.35rem; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.4rem 0.75rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
thead th { color: var(--quiet); font-weight: 500; }
th:first-child, .answers th, .answers td { text-align: left; }
tr.wrong { background: var(--bad-card); }
td.mark { color: var(--good); font-weight: 600; } tr.wrong td.mark { color: var(--bad); }
.list { width: auto; } .list .words { text-align: left; white-space: normal; min-width: 6.5rem; }
.around { display: flex; flex-wrap: wrap; gap: 0 2.5rem; } .around > div { max-width: 100%; } .around h3 { margin-top: 0.6rem; }
.answers .input { white-space: normal; min-width: 14rem; max-width: 32rem; overflow-wrap: anywhere; }
.matrix { width: auto; border-collapse: separate; border-spacing: 2px; }
.matrix th, .matrix td { border: 0; padding: 0.35rem 0.5rem; }
.matrix td { min-width: 2.6rem; text-align: center; border-radius: 0.25rem; background: var(--card); }
.matrix thead th { text-align: center; vertical-align: bottom; max-width: 9rem; white-space: normal; overflow-wrap: anywhere; }
.matrix th:first-child { text-align: left; position: sticky; left: 0; z-index: 1; background: var(--page); min-width: 4.75rem; max-width: 12rem;
  white-space: normal; overflow-wrap: break-word; }
.matrix .none { color: var(--quiet); }
.matrix .margin { background: none; color: var(--quiet); font-weight: 500; }
.hit { --hue: var(--train); } .miss { --hue: var(--bad); }
.matrix .hit, .matrix .miss { background: color-mix(in srgb, var(--hue) calc(var(--depth) / 2), var(--card)); }
.matrix .deep { font-weight: 600; }
.map { display: block; width: 100%; height: auto; max-width: 36rem; border: 1px solid var(--line); border-radius: 0.25rem; }
.map rect { fill: var(--hue); } .map .ground { fill: var(--card); }
.stages { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); margin: 0; padding: 0; list-style: none; }
.stages li { display: flex; flex-direction: column; gap: 0.35rem; position: relative; padding: 0.75rem 1rem; border: 1px solid var(--line); border-radius: 0.6rem; background: var(--card); }
.stages { gap: 1.6rem; } .stages li + li::before { content: "→"; position: absolute; right: calc(100% + 0.3rem); top: calc(50% - 0.8em); color: var(--quiet); }
.stages .parts { display: flex; flex-direction: column; flex: 1; font-size: 0.9rem; color: var(--quiet); overflow-wrap: anywhere; }
.bar { height: 0.4rem; border-radius: 0.2rem; background: var(--grid); }
.bar::before { content: ""; display: block; height: 100%; width: var(--share); min-width: 2px; border-radius: inherit; background: var(--train); }
details { margin: 0.6rem 0; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--card); }
details > .scroll { padding: 0 1rem 0.75rem; }
summary { padding: 0.6rem 1rem; cursor: pointer; font-weight: 600; }
.more { display: none; }
pre { margin: 0; padding: 0 1rem 1rem; overflow-x: auto; font: 0.82rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
@media (max-width: 40rem) {
  .answers thead { position: absolute; clip-path: inset(50%); }
  .answers, .answers tbody { display: block; }
  .answers tr { display: grid; grid-template-columns: repeat(auto-fill, minmax(5.5rem, 1fr)); gap: 0.35rem 0.75rem; padding: 0.6rem; border-bottom: 1px solid var(--line); }
  .answers th, .answers td { border: 0; padding: 0; overflow-wrap: anywhere; white-space: normal; }
  .answers th, .answers .input { grid-column: 1 / -1; min-width: 0; }
  .answers td::before { content: attr(data-head); display: block; font-size: 0.8rem; font-weight: 400; color: var(--quiet); }
}
@media screen and (max-width: 40rem) {
  .more { display: block; padding: 0.6rem; color: var(--quiet); cursor: pointer; } .more input { width: 1.1rem; height: 1.1rem; vertical-align: middle; accent-color: var(--train); }
  .scroll:not(:has(> .more :checked)) > .more + .answers tr:nth-child(n + ${few + 1}) { display: none; }
}
@media (max-width: 52rem) { .stages { grid-template-columns: minmax(0, 1fr); } .stages li + li::before { content: "↓"; right: 50%; top: calc(-0.8rem - 0.8em); } }
@media (max-width: 40rem) { body { padding: 1.5rem 1rem 3rem; } h1 { font-size: 1.6rem; } }
@media print { body { max-width: none; } section { break-inside: avoid; } }
`;
