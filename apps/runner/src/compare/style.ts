/** What the pages of several runs add to the report's style sheet. */
import { units } from "../report/points.js";

export const compareStyle = `
body { max-width: 90rem; }
a { color: var(--train); }
.status.running { color: var(--train); } .status.stopped, .status.unknown { color: var(--quiet); } .status.lost { color: var(--bad); }
.runs .status { vertical-align: middle; }
.runs [rowspan]:first-child, .runs th[scope="row"], .times th:first-child, .specs th:first-child { position: sticky; left: 0; z-index: 1; background: var(--page);
  white-space: normal; overflow-wrap: anywhere; min-width: 20rem; max-width: 30rem; }
.runs thead th { text-align: right; vertical-align: bottom; } .runs thead [rowspan]:first-child { text-align: left; }
.runs thead th[scope="colgroup"] { text-align: center; }
.runs td small { color: var(--quiet); } .runs .best { background: color-mix(in srgb, var(--good) 18%, var(--card)); }
.runs tbody tr:hover > * { background: var(--grid); }
.key { display: inline-flex; align-items: center; gap: 0.4rem; margin-right: 0.5rem; vertical-align: middle; cursor: pointer; }
.key input { width: 1.1rem; height: 1.1rem; margin: 0; accent-color: var(--train); }
.about { display: block; font-weight: 400; color: var(--quiet); }
.keys { position: sticky; top: 0; z-index: 2; max-height: 7rem; overflow-y: auto; margin-bottom: 0.75rem; padding: 0.5rem 0; background: var(--page); border-bottom: 1px solid var(--line); font-size: 0.85rem; color: var(--ink); }
.keys label { display: flex; align-items: center; gap: 0.4rem; padding: 0.15rem 0; cursor: pointer; overflow-wrap: anywhere; } .keys li:hover { background: var(--grid); }
.hair { position: absolute; top: 0; bottom: 0; width: 1px; background: var(--quiet); pointer-events: none; }
.readout { position: absolute; top: 0; z-index: 3; padding: 0.4rem 0.6rem; border: 1px solid var(--line); border-radius: 0.4rem; background: var(--card); color: var(--ink);
  line-height: 1.5; white-space: pre; pointer-events: none; } .readout .at { color: var(--quiet); }
.readout [class^="run-"]::before { content: ""; display: inline-block; width: 0.6rem; height: 0.6rem; margin-right: 0.4rem; border-radius: 50%; background: var(--color); }
.specs td, .specs thead th { text-align: left; white-space: normal; overflow-wrap: anywhere; min-width: 7rem; max-width: 20rem; }
.times td { text-align: right; }
.units { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; border: 0; margin: 0 0 0.75rem; padding: 0; }
.units legend { float: left; padding: 0; margin-right: 1rem; color: var(--quiet); } .units label { cursor: pointer; }
${units.map((unit) => `body:has(#by-${unit}:not(:checked)) .charts.by-${unit} { display: none; }`).join("\n")}
@media (max-width: 40rem) { .runs [rowspan]:first-child, .runs th[scope="row"], .times th:first-child, .specs th:first-child { min-width: 8rem; max-width: 10rem; }
  .specs th:first-child { min-width: 11.5rem; max-width: 12.5rem; font-size: 0.82rem; overflow-wrap: break-word; } .specs td, .specs thead th { min-width: 4.5rem; } }
`;
