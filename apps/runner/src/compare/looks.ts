/** How the lines of several runs are told apart: six colours that colour-blind people tell apart too, and dashes beyond them. */

/** Each at least 3:1 against a card; their least distance, also as colour-blind people see them, is tested. */
export const colors = {
  light: ["#3595d4", "#822b71", "#a88e24", "#1f5412", "#df687f", "#6317d3"],
  dark: ["#3eeaa5", "#f6acf6", "#aed317", "#955aed", "#9c6511", "#2b8271"],
} as const;

/** A stroke's dashes, and the form of its marks; drawn after each other, so that a short legend shows them. */
const strokes = [
  { dashes: "none", cap: "round" },
  { dashes: "8 4", cap: "square" },
  { dashes: "2 5", cap: "round" },
  { dashes: "10 4 2 4", cap: "square" },
] as const;

/** So many runs have a look of their own. */
export const mostLooks = colors.light.length * strokes.length;

/**
 * The style of `count` runs: `.run-0`, `.run-1`, … Taking one away leaves the looks of the others. The page's
 * script says which are taken away, and which is pointed at: `:has` would cost a long page its speed.
 */
export function looksStyle(count: number): string {
  const variables = (scheme: keyof typeof colors) =>
    colors[scheme].map((color, i) => `--run-${i}: ${color};`).join(" ");
  const rules = Array.from({ length: count }, (_, i) => {
    const { dashes, cap } = strokes[Math.floor(i / colors.light.length) % strokes.length];
    return `.run-${i}, .look-${i} { --color: var(--run-${i % colors.light.length}); --dashes: ${dashes}; --cap: ${cap}; }
body.hide-${i} .run-${i} { display: none; }
body.hide-${i} .keys .row-${i} { text-decoration: line-through; color: var(--quiet); }
body.point-${i} .plot g:not(.run-${i}) { opacity: 0.15; }`;
  });
  return `:root { ${variables("light")} }
@media (prefers-color-scheme: dark) { :root { ${variables("dark")} } }
.plot .curve, .swatch .curve { stroke-width: 2; } [class^="run-"] .curve, [class^="look-"] .curve { stroke-dasharray: var(--dashes); }
[class^="run-"] .dot, [class^="look-"] .dot { stroke-linecap: var(--cap); stroke-width: 6; }
[class^="run-"].fine .curve { stroke-width: 1.25; }
${rules.join("\n")}`;
}
