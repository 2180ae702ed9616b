/** A contact sheet: pictures in a grid, each with words below, as one PNG. */
import { cut, widthOf } from "../view/width.js";
import type { VisibleImage } from "./visible.js";

export interface Cell {
  /** Undefined where there is none to show. */
  readonly image: VisibleImage | undefined;
  /** At most two lines. */
  readonly words: readonly string[];
}

export interface Sheet {
  readonly title: string;
  readonly note: string;
  /** Names of the columns. */
  readonly heads?: readonly string[];
  readonly columns: number;
  readonly cells: readonly Cell[];
}

const side = 128;
const gap = 16;
const lineHeight = 15;
const margin = 20;
const characterWidth = 6.7;

/** PNG. Words are drawn with the machine's fonts, where it has any: see `hasFonts`. */
export async function drawSheet(sheet: Sheet, withWords: boolean): Promise<Buffer> {
  const { default: sharp } = await import("sharp");
  const { columns, cells, heads } = sheet;
  const rowHeight = side + 2 * lineHeight + gap;
  const top = margin + 50 + (heads === undefined ? 0 : 20);
  const widest = Math.max(columns * side + (columns - 1) * gap, 560);
  const width = 2 * margin + widest;
  const height = top + Math.ceil(cells.length / columns) * rowHeight + margin - gap;
  const at = (i: number) => ({
    x: margin + (i % columns) * (side + gap),
    y: top + Math.floor(i / columns) * rowHeight,
  });
  const layers = await Promise.all(
    cells.map(async ({ image }, i) => {
      if (image === undefined) return [];
      const fitted = await fit(image);
      const { x, y } = at(i);
      const left = x + Math.floor((side - fitted.width) / 2);
      return [{ input: fitted.png, left, top: y + Math.floor((side - fitted.height) / 2) }];
    }),
  );
  const words = Buffer.from(overlay(sheet, { width, height, top, widest }, at, withWords));
  const background = { r: 251, g: 251, b: 249 };
  return sharp({ create: { width, height, channels: 3, background } })
    .composite([...layers.flat(), { input: words, left: 0, top: 0 }])
    .png({ compressionLevel: 9 })
    .toBuffer();
}

/** Small pictures are enlarged by whole numbers, pixel by pixel; large ones shrink. */
async function fit({ bytes, width, height, channels }: VisibleImage) {
  const { default: sharp } = await import("sharp");
  const longest = Math.max(width, height);
  const factor = longest <= side ? Math.floor(side / longest) : side / longest;
  const size = {
    width: Math.max(1, Math.round(width * factor)),
    height: Math.max(1, Math.round(height * factor)),
  };
  const kernel = factor >= 1 ? "nearest" : "lanczos3";
  const png = await sharp(bytes, { raw: { width, height, channels } })
    .resize({ ...size, fit: "fill", kernel })
    .toColourspace("srgb")
    .png()
    .toBuffer();
  return { ...size, png };
}

type At = (i: number) => { readonly x: number; readonly y: number };

function overlay(
  { title, note, heads = [], cells }: Sheet,
  { width, height, top, widest }: Readonly<Record<"width" | "height" | "top" | "widest", number>>,
  at: At,
  withWords: boolean,
): string {
  const frames = cells.map((_, i) => {
    const { x, y } = at(i);
    return `<rect x="${x - 0.5}" y="${y - 0.5}" width="${side + 1}" height="${side + 1}" fill="none" stroke="#dfe2e5"/>`;
  });
  const named = heads.map((head, i) =>
    text(at(i).x + side / 2, top - 8, fitted(head, side), "middle", "quiet"),
  );
  const below = cells.flatMap(({ words }, i) =>
    words.slice(0, 2).map((line, at2) => {
      const { x, y } = at(i);
      const style = at2 === 0 ? "name" : "quiet";
      return text(
        x + side / 2,
        y + side + (at2 + 1) * lineHeight - 2,
        fitted(line, side + gap - 4),
        "middle",
        style,
      );
    }),
  );
  const words = [
    text(margin, margin + 14, fitted(title, widest * 0.72), "start", "title"),
    text(margin, margin + 34, fitted(note, widest), "start", "quiet"),
    ...named,
    ...below,
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
<style>text{font-family:"DejaVu Sans","Liberation Sans",Arial,sans-serif;font-size:11px;fill:#1d2125}.quiet{fill:#5c6670}.title{font-size:15px;font-weight:bold}.name{font-size:12px}</style>
${[...frames, ...(withWords ? words : [])].join("\n")}</svg>`;
}

function fitted(words: string, room: number): string {
  const most = Math.floor(room / characterWidth);
  if (widthOf(words) <= most) return words;
  // The end of a path says more than its beginning.
  const isPath = words.includes("/");
  return isPath ? `…${words.slice(-(most - 1))}` : cut(words, most);
}

function text(x: number, y: number, words: string, anchor: string, style: string): string {
  const escaped = words
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replace(/\p{Cc}/gu, " ");
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" class="${style}">${escaped}</text>`;
}

/** Whether this machine can draw words at all: a container often has no font, and all letters are the same box then. */
export async function hasFonts(): Promise<boolean> {
  const { default: sharp } = await import("sharp");
  const drawn = await Promise.all(
    ["M", "i"].map((letter) => {
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><text x="2" y="16" font-size="16" fill="#fff">${letter}</text></svg>`;
      return sharp(Buffer.from(svg)).raw().toBuffer();
    }),
  );
  return !drawn[0].equals(drawn[1]);
}
