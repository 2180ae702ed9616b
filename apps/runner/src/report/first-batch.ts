/** The first batch as the model got it: pictures, texts or numbers, behind all transforms. */
import { type DatasetFacts, decodeTokens, isNdArray, type NdArray, vocabulariesOf } from "@millrace/core";
import type { SampleInput } from "@millrace/core/spec";
import type { FirstBatch } from "../run/first-batch.js";
import { count, figure, plural } from "../view/format.js";
import { answersTable } from "./answers-table.js";
import { type Html, html } from "./html.js";
import { isImage, pngOf } from "./pixels.js";

export interface FirstBatchOptions {
  readonly batch: FirstBatch;
  readonly facts: DatasetFacts;
  /** The keys of the model's inputs; all but the target where they are not known. */
  readonly inputs?: readonly string[] | undefined;
  readonly target: string;
  /** What a person calls a sample, by its index in the loader's dataset. */
  readonly key?: (index: number) => string | undefined;
}

interface Column {
  readonly name: string;
  readonly array: NdArray;
}

const mostRows = 8;
const mostNumbers = 12;
const longestText = 400;

/** The section's content; nothing where the batch holds nothing that can be shown. */
export async function firstBatchHtml(options: FirstBatchOptions): Promise<Html | undefined> {
  const { batch, target, inputs } = options;
  const names = inputs ?? Object.keys(batch.columns).filter((name) => name !== target);
  const columns = names.flatMap((name): Column[] => {
    const array = batch.columns[name];
    return array !== undefined && isNdArray(array) && array.shape[0] > 0 ? [{ name, array }] : [];
  });
  if (columns.length === 0) return undefined;
  const pictures = columns.find(({ array }) => isImage(rowOf(array, 0)));
  const shapes = columns.map(({ name, array: { dtype, shape } }) => {
    const form = shape.length === 1 ? dtype : `${dtype} ${shape.slice(1).join(" × ")}`;
    return columns.length === 1 ? form : `${name} ${form}`;
  });
  const shown = pictures?.array.shape[0] ?? Math.min(mostRows, columns[0].array.shape[0]);
  const of =
    shown < batch.samples ? `${count(shown)} of ${plural(batch.samples, "sample")}` : plural(shown, "sample");
  const stretched =
    pictures !== undefined && pictures.array.dtype !== "uint8"
      ? " Each picture is stretched from its least to its greatest value."
      : "";
  const place = `batch ${count(batch.step + 1)} of epoch ${count(batch.epoch + 1)}`;
  return html`<h2>First batch</h2><p>What the model got in ${place}, behind all transforms: ${of}, each ${shapes.join(", ")}.${stretched}</p>
${pictures === undefined ? table(columns, options) : await gallery(pictures, options)}`;
}

async function gallery({ array }: Column, { batch, key, ...rest }: FirstBatchOptions): Promise<Html> {
  const cells = Array.from({ length: array.shape[0] }, async (_, i) => {
    const image = rowOf(array, i);
    const [height, width] = image.shape;
    const name = nameOf(batch.indices[i], key);
    const target = targetText(i, { batch, ...rest });
    const alt = target === undefined ? name : `${name}: ${target}`;
    return html`<li title="${alt}"><img src="${await pngOf(image)}" width="${width}" height="${height}" alt="${alt}">${target === undefined ? undefined : html`<span>${target}</span>`}</li>`;
  });
  return html`<ul class="pictures">${await Promise.all(cells)}</ul>`;
}

function table(columns: readonly Column[], options: FirstBatchOptions): Html {
  const { batch, key, target, facts } = options;
  const heads = columns.flatMap((column) => headsOf(column, facts));
  const hasTarget = batch.columns[target] !== undefined;
  const rows = Array.from({ length: Math.min(mostRows, columns[0].array.shape[0]) }, (_, i) => ({
    name: nameOf(batch.indices[i], key),
    cells: [
      ...columns.flatMap((column) => cellsOf(column, i, facts)),
      ...(hasTarget ? [targetText(i, options) ?? ""] : []),
    ],
  }));
  const words = columns.every((column) => isTokens(column, facts)) ? heads.map((_, i) => i) : [];
  return answersTable(hasTarget ? [...heads, target] : heads, rows, { words });
}

function nameOf(index: number, key: FirstBatchOptions["key"]): string {
  return key?.(index) ?? `sample ${index}`;
}

/** One column of text, or one for each of the first numbers. */
function headsOf({ name, array }: Column, facts: DatasetFacts): string[] {
  const width = widthOf(array);
  if (array.shape.length !== 2 || isTokens({ name, array }, facts)) return [name];
  const names = facts.elements?.[name] ?? (name === "features" ? facts.features : undefined);
  const heads = Array.from({ length: Math.min(width, mostNumbers) }, (_, i) =>
    names?.length === width ? names[i] : `${name}[${i}]`,
  );
  return width > mostNumbers ? [...heads, `and ${count(width - mostNumbers)} more`] : heads;
}

function cellsOf(column: Column, i: number, facts: DatasetFacts): (string | Html)[] {
  const { name, array } = column;
  const { data } = rowOf(array, i);
  const values = Array.from(data);
  const vocabulary = vocabularyOf(name, facts);
  if (vocabulary !== undefined && isTokens(column, facts)) {
    const tokens = values.filter((id) => id !== vocabulary.padding).length;
    const padding = data.length > tokens ? ` and ${count(data.length - tokens)} of padding` : "";
    return [
      html`${shortened(decodeTokens(vocabulary, values))}<br><small class="quiet">${plural(tokens, "token")}${padding}</small>`,
    ];
  }
  if (array.shape.length > 2) return [`${figure(data[0])}, …`];
  const cells = values.slice(0, mostNumbers).map(figure);
  return data.length > mostNumbers ? [...cells, "…"] : cells;
}

function targetText(i: number, { batch, target, facts }: FirstBatchOptions): string | undefined {
  const column = batch.columns[target];
  if (column === undefined) return undefined;
  if (!isNdArray(column)) return shortened(String(column[i]));
  const { data, shape } = rowOf(column, i);
  if (shape.length === 0 || data.length === 1) {
    const names = target === "label" ? facts.labels : facts.categories?.[target];
    return names?.[data[0]] ?? (Number.isInteger(data[0]) ? String(data[0]) : figure(data[0]));
  }
  const vocabulary = vocabularyOf(target, facts) ?? vocabularyOf("tokens", facts);
  if (vocabulary === undefined || !column.dtype.includes("int"))
    return `${figure(data[0])}, … (${shape.join(" × ")})`;
  return shortened(decodeTokens(vocabulary, Array.from(data)));
}

function isTokens({ name, array }: Column, facts: DatasetFacts): boolean {
  return array.shape.length === 2 && array.dtype.includes("int") && vocabularyOf(name, facts) !== undefined;
}

function vocabularyOf(name: string, facts: DatasetFacts) {
  return vocabulariesOf(facts)[name];
}

function rowOf({ dtype, shape, data }: NdArray, i: number): SampleInput {
  const size = widthOf({ shape });
  return { dtype, shape: shape.slice(1), data: data.subarray(i * size, (i + 1) * size) };
}

function widthOf({ shape }: Pick<NdArray, "shape">): number {
  return shape.slice(1).reduce((product, extent) => product * extent, 1);
}

function shortened(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText)}…` : text;
}
