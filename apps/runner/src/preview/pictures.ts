/** The pictures in batches, and what augmentation makes of the same sample again and again, as contact sheets. */
import { type Dataset, isDeferred, isNdArray, type NdArray } from "@millrace/core";
import { basename } from "node:path";
import { shapeText } from "@millrace/core/spec";
import { plural } from "../view/format.js";
import { isImage } from "../report/pixels.js";
import { columnsOf, type Looked, type LookedBatch, nameText, targetsOf } from "./looked.js";
import type { Cell, Sheet } from "./sheet.js";
import { type Development, developmentOf, viewsOf, type VisibleImage } from "./visible.js";

/** A sheet, and what its file is called. */
export interface NamedSheet {
  readonly file: string;
  readonly sheet: Sheet;
}

const mostShown = 64;
const mostColumns = 8;

/** The fields that hold pictures. */
export function pictureFields({ batches }: Pick<Looked, "batches">): string[] {
  const [first] = batches;
  if (first === undefined) return [];
  return columnsOf(first.data)
    .filter(({ values }) => viewsOf(values) !== undefined)
    .map(({ name }) => name);
}

/** The pictures of all batches, as the model gets them. */
export function batchSheet(looked: Looked, field: string): NamedSheet {
  const cells: Cell[] = [];
  let development: Development | undefined;
  let form = "";
  let views = 1;
  for (const batch of looked.batches) {
    const values = arrayOf(batch, field);
    const rows = values && viewsOf(values);
    if (values === undefined || rows === undefined) continue;
    views = rows[0].length;
    development ??= developmentOf(field, values, looked.inverses);
    form = `${values.dtype} ${shapeText(values.shape.slice(1))}`;
    cells.push(
      ...cellsOf(
        batch,
        rows.flatMap((own, row) => own.map((image) => ({ image, row }))),
        looked,
        development,
      ),
    );
  }
  // Views of one sample stay together.
  const shown = cells.slice(0, mostShown - (mostShown % views));
  const more = cells.length > shown.length ? `; the first ${shown.length} of ${cells.length} pictures` : "";
  return {
    file: `${looked.split}-${fileName(field)}.png`,
    sheet: {
      title: `${field} as the model gets it, ${placesText(looked)}`,
      note: `${form}, shown ${development?.how ?? ""}${more}`,
      columns: Math.min(views > 1 ? views : mostColumns, mostColumns, Math.max(1, shown.length)),
      cells: shown,
    },
  };
}

function placesText({ split, batches }: Looked): string {
  const [first] = batches;
  const which = batches.length === 1 ? `batch ${first.step}` : plural(batches.length, "batch");
  return `${split}, epoch ${first.epoch}, ${which}`;
}

function cellsOf(
  batch: LookedBatch,
  images: readonly { readonly image: NdArray; readonly row: number }[],
  looked: Looked,
  { develop }: Development,
): Cell[] {
  const targets = targetsOf(batch, looked);
  return images.map(({ image, row }) => ({ image: develop(image), words: wordsOf(batch, row, targets) }));
}

function wordsOf({ names }: LookedBatch, row: number, targets: readonly string[] | undefined): string[] {
  const name = names[row];
  return [targets?.[row], name && nameText(name)].filter((words) => words !== undefined);
}

function arrayOf({ data }: Pick<LookedBatch, "data">, field: string): NdArray | undefined {
  const values = columnsOf(data).find(({ name }) => name === field)?.values;
  return values !== undefined && isNdArray(values) ? values : undefined;
}

/** Samples, each in a row of its own. */
const mostRows = 8;

/**
 * The first samples of a split as their source has them, and as they are in the first epochs; undefined where they are
 * the same in all of them, or cannot be made by index.
 */
export async function augmentedSheet(
  looked: Looked,
  field: string,
  samples: Dataset | undefined,
  epochs: number,
): Promise<NamedSheet | undefined> {
  const [first] = looked.batches;
  if (samples === undefined || first === undefined || epochs < 2) return undefined;
  const indices = first.indices.slice(0, mostRows);
  const made = await Promise.all(
    Array.from({ length: epochs }, (_, epoch) => looked.loader.batchOf(indices, epoch)),
  );
  if (areAlike(made, field)) return undefined;
  const views = made.map((batch) => viewsOf(arrayOf(batch, field) ?? []));
  const values = arrayOf(made[0], field);
  if (values === undefined || views.some((each) => each?.length !== indices.length)) return undefined;
  const { how, develop } = developmentOf(field, values, looked.inverses);
  const targets = targetsOf(first, looked);
  const cells: Cell[] = [];
  for (const [row, index] of indices.entries()) {
    cells.push({ image: await original(samples, index, field), words: wordsOf(first, row, targets) });
    for (const each of views) cells.push({ image: each?.[row]?.[0] && develop(each[row][0]), words: [] });
  }
  return {
    file: `${looked.split}-${fileName(field)}-augmented.png`,
    sheet: {
      title: `${field} as the source has it, and as ${looked.split} samples are in ${plural(epochs, "epoch")}`,
      note: `batches shown ${how}`,
      heads: ["source", ...made.map((_, epoch) => `epoch ${epoch}`)],
      columns: epochs + 1,
      cells,
    },
  };
}

function areAlike([first, ...others]: readonly Pick<LookedBatch, "data">[], field: string): boolean {
  const values = arrayOf(first, field)?.data;
  return others.every((other) => {
    const own = arrayOf(other, field)?.data;
    return own?.length === values?.length && own?.every((value, i) => Object.is(value, values?.[i])) === true;
  });
}

/** A picture before any transform: that of the same field, or else the first. */
async function original(samples: Dataset, index: number, field: string): Promise<VisibleImage | undefined> {
  const sample = (await samples.get(index, { epoch: 0 })) as Readonly<Record<string, unknown>>;
  const values = [sample[field], ...Object.values(sample)];
  for (const value of values) {
    const made = isDeferred(value) ? await value.materialize() : value;
    if (isNdArray(made) && isImage(made)) return developmentOf("", made, () => undefined).develop(made);
  }
  return undefined;
}

function fileName(field: string): string {
  return basename(field.replace(/[^\p{L}\p{N}._-]+/gu, "-")) || "image";
}
