/** The line of a plan as SVG: cards in rows, read like a text, with arrows from each to the next. */
import { type Html, html } from "../report/html.js";
import type { Card, CardLine } from "./cards.js";

export const cardWidth = 328;
const gap = 36;
const padding = 14;
const lineHeight = 18;
const inner = cardWidth - 2 * padding;
/** Of the fonts that the page has, in its 12 pixels. */
const monospace = 7.3;
const proportional = 6.5;
const headHeight = 52;

/** One line of text within a card. */
interface Row {
  readonly text: string;
  readonly style: "field" | "note" | "fault";
  /** At the right edge, in the same line. */
  readonly right?: string;
  readonly mark?: CardLine["mark"];
}

interface Placed {
  readonly card: Card;
  readonly rows: readonly Row[];
  readonly x: number;
  readonly y: number;
  readonly height: number;
  /** Height of the row that it stands in. */
  readonly room: number;
}

/** The picture with so many cards side by side; its size in the page is its own, so that its text stays readable. */
export function picture(cards: readonly Card[], columns: number): Html {
  const placed = place(cards, columns);
  const last = placed[placed.length - 1];
  const used = Math.min(columns, cards.length);
  const width = used * cardWidth + (used - 1) * gap + 2;
  const height = last.y + last.room + 2;
  const words = cards.map(({ title, use }) => `${title} ${use}`).join(", then ");
  return html`<svg class="line" viewBox="-1 -1 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${`The line: ${words}.`}">
${placed.map((each, i) => (i === 0 ? undefined : arrow(placed[i - 1], each)))}
${placed.map(drawn)}
</svg>`;
}

function place(cards: readonly Card[], columns: number): Placed[] {
  const placed: Placed[] = [];
  let y = 0;
  for (let start = 0; start < cards.length; start += columns) {
    const row = cards.slice(start, start + columns).map((card) => ({ card, rows: rowsOf(card) }));
    const heights = row.map(
      ({ rows }) => headHeight + rows.length * lineHeight + (rows.length > 0 ? padding : 0),
    );
    const room = Math.max(...heights);
    for (const [column, each] of row.entries())
      placed.push({ ...each, x: column * (cardWidth + gap), y, height: heights[column], room });
    y += room + gap;
  }
  return placed;
}

function rowsOf({ lines, notes, faults }: Card): Row[] {
  return [
    ...lines.flatMap(fieldRows),
    ...notes.flatMap((note) => wrapped(note, "note")),
    ...faults.flatMap((fault) => wrapped(`✗ ${fault}`, "fault")),
  ];
}

function fieldRows({ name, text, mark }: CardLine): Row[] {
  const most = Math.floor(inner / monospace);
  if (name.length + text.length + 2 <= most) return [{ text: name, right: text, style: "field", mark }];
  const cut = name.length > most ? `${name.slice(0, most - 1)}…` : name;
  return [
    { text: cut, style: "field", mark },
    ...cutAt(text, most - 2).map((part): Row => ({ text: "", right: part, style: "field", mark })),
  ];
}

function wrapped(text: string, style: Row["style"]): Row[] {
  return cutAt(text, Math.floor(inner / proportional)).map((part) => ({ text: part, style }));
}

/** Lines of at most `most` characters, broken between words where that can be. */
function cutAt(text: string, most: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ").flatMap((each) => pieces(each, most))) {
    if (line !== "" && line.length + 1 + word.length > most) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function pieces(word: string, most: number): string[] {
  return Array.from({ length: Math.ceil(word.length / most) }, (_, i) =>
    word.slice(i * most, (i + 1) * most),
  );
}

function drawn({ card, rows, x, y, height }: Placed): Html {
  const { kind, title, use, passed, faults } = card;
  const classes = ["card", kind, passed ? "" : "passes-by", faults.length > 0 ? "faulty" : ""].filter(
    Boolean,
  );
  const most = Math.floor(inner / (proportional * 1.3));
  const name = use.length > most ? `${use.slice(0, most - 1)}…` : use;
  return html`<g class="${classes.join(" ")}" transform="translate(${x} ${y})"><title>${title} ${use}</title>
<rect class="box" width="${cardWidth}" height="${height}" rx="9"/><rect class="stripe" x="0" y="12" width="4" height="${height - 24}" rx="2"/>
<text class="place" x="${padding}" y="21">${title}</text><text class="use" x="${padding}" y="41">${name}</text>
${rows.map((row, i) => rowText(row, headHeight + (i + 0.7) * lineHeight))}</g>`;
}

function rowText({ text, right, style, mark }: Row, y: number): Html {
  const classes = [style, mark].filter(Boolean).join(" ");
  const left =
    text === "" ? undefined : html`<text class="${classes}" x="${padding}" y="${y}">${text}</text>`;
  const end =
    right === undefined
      ? undefined
      : html`<text class="${classes} form" x="${cardWidth - padding}" y="${y}" text-anchor="end">${right}</text>`;
  return html`${left}${end}`;
}

/** To the right within a row; from the end of one, through the space below it, to the start of the next. */
function arrow(from: Placed, to: Placed): Html {
  const head = 7;
  if (from.y === to.y) {
    const y = from.y + headHeight / 2;
    const [start, end] = [from.x + cardWidth + 4, to.x - 4];
    if (to.card.beside)
      return html`<text class="joint" x="${(start + end) / 2}" y="${y + 6}" text-anchor="middle">+</text>`;
    return html`<path class="arrow" d="M${start} ${y}H${end}m-${head} -${head}l${head} ${head}l-${head} ${head}"/>`;
  }
  const [startX, endX] = [from.x + cardWidth / 2, to.x + cardWidth / 2];
  const [startY, endY] = [from.y + from.height + 4, to.y - 4];
  const middle = to.y - gap / 2;
  if (to.card.beside)
    return html`<text class="joint" x="${endX}" y="${middle + 6}" text-anchor="middle">+</text>`;
  const across = startX === endX ? "" : `V${middle}H${endX}`;
  return html`<path class="arrow" d="M${startX} ${startY}${across}V${endY}m-${head} -${head}l${head} ${head}l${head} -${head}"/>`;
}

/** How the picture looks, and which of its widths is shown. */
export const pictureStyle = `
svg.line { width: auto; max-width: 100%; margin: 0; }
svg.line text { font-size: 12px; fill: var(--ink); }
.card .box { fill: var(--card); stroke: var(--line); }
.card .place { fill: var(--quiet); } .card .use { font-size: 16px; font-weight: 600; }
.card .field { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
svg.line .card .form { fill: var(--quiet); } svg.line .card .ragged { fill: var(--validation); font-weight: 600; }
svg.line .card .gone { fill: var(--quiet); text-decoration: line-through; } svg.line .card .note { fill: var(--quiet); }
svg.line .card .fault { fill: var(--bad); } .card.faulty .box { stroke: var(--bad); stroke-width: 2; }
.stripe { fill: var(--hue); } .data { --hue: var(--train); } .transform { --hue: var(--validation); }
.loader { --hue: var(--good); } .model { --hue: #8a63d2; } .trainer { --hue: var(--quiet); }
.passes-by .box { stroke-dasharray: 6 4; } .passes-by text { opacity: 0.75; }
.arrow { fill: none; stroke: var(--quiet); stroke-width: 1.5; stroke-linecap: round; stroke-linejoin: round; }
svg.line .joint { font-size: 20px; fill: var(--quiet); }
.wide, .middle { display: none; }
@media (min-width: 47rem) { .middle { display: block; } .narrow { display: none; } }
@media (min-width: 70rem) { .wide { display: block; } .middle { display: none; } }
`;
