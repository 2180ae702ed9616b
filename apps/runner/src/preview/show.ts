/** What is shown of batches: tables and tokens on the terminal, pictures in a folder, all of it as JSON. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Dataset } from "@millrace/core";
import { formsOf } from "@millrace/core/spec";
import { writeFault } from "../run/write-fault.js";
import { shortest } from "../run/run-folder.js";
import { plural } from "../view/format.js";
import { formText } from "../plan/words.js";
import type { Terminal } from "../view/terminal.js";
import { cut } from "../view/width.js";
import { type Balance, balanceLines, balanceOf } from "./balance.js";
import { columnsOf, digestOf, type Looked, type LookedBatch, nameText, sizeOf, targetsOf } from "./looked.js";
import { augmentedSheet, batchSheet, type NamedSheet, pictureFields } from "./pictures.js";
import { drawSheet, hasFonts } from "./sheet.js";
import { type FieldStatistics, joinedColumns, statisticsOf } from "./statistics.js";
import { fieldTable } from "./table.js";
import { tokenColumns, tokenLines } from "./tokens.js";
import { waveLines } from "./waves.js";

export interface ShowOptions {
  readonly terminal: Terminal;
  /** Where pictures go; it is made where there are any. */
  readonly out: string;
  /** The split's samples before any transform; those of a stream come once. */
  readonly samples?: Dataset | undefined;
  /** Epochs that samples are shown in, where training changes them at random; 0 for none. */
  readonly augmentations: number;
  /** Whether the classes of the split are counted. */
  readonly balance: boolean;
  readonly warn: (message: string) => void;
}

/** What was shown, as data. */
export interface ShownRecord {
  readonly split: string;
  readonly batches: readonly object[];
  readonly fields: readonly FieldStatistics[];
  readonly balance?: Balance;
  /** Pictures that were written. */
  readonly files: readonly string[];
}

/** Shows all there is to see. @throws MillraceError OUT_DIR where a picture cannot be written. */
export async function show(looked: Looked, options: ShowOptions): Promise<ShownRecord> {
  const { terminal, samples } = options;
  const { colors } = terminal;
  const say = (lines: readonly string[]) => terminal.write(lines.map((line) => `${line}\n`).join(""));
  const columns = joinedColumns(looked.batches.map(({ data }) => columnsOf(data)));
  const pictures = pictureFields(looked);
  const tokens = new Set(tokenColumns(columns, looked.facts, looked.target).map(({ name }) => name));
  for (const batch of looked.batches) say(batchLines(batch, looked, terminal));
  const fields = statisticsOf(columns, looked.facts);
  const shown = statisticsOf(
    columns.filter(({ name }) => !tokens.has(name)),
    looked.facts,
  );
  if (shown.length > 0) say(["", ...fieldTable(shown, terminal.columns(), colors)]);
  const [first] = looked.batches;
  if (first !== undefined) {
    const room = { columns: terminal.columns(), colors };
    say([...tokenLines(first, looked.facts, looked.target, room), ...waveLines(first, colors)]);
  }
  const balance = options.balance ? await balanceOf(looked, samples) : undefined;
  if (balance !== undefined) say(["", ...balanceLines(balance, looked, colors)]);
  const files = await writeSheets(await sheetsOf(looked, pictures, options), options);
  if (files.length > 0) say(["", ...files.map((file) => `  picture  ${colors.cyan(shortest(file))}`)]);
  return {
    split: looked.split,
    batches: looked.batches.map((batch) => recordOf(batch, looked)),
    fields,
    ...(balance && { balance }),
    files,
  };
}

/** Samples that are named beside a batch. */
const mostNamed = 8;

function batchLines(batch: LookedBatch, looked: Looked, terminal: Terminal): string[] {
  const { colors } = terminal;
  const width = terminal.columns();
  const { epoch, step, names, bad = [] } = batch;
  const forms = formsOf([batch.data]).map((form) => `${form.name} ${formText(form)}`.trim());
  const targets = targetsOf(batch, looked);
  const named = names.slice(0, mostNamed).map((name, row) => {
    const target = targets?.[row];
    return target === undefined ? nameText(name) : `${nameText(name)} (${target})`;
  });
  const more = names.length > mostNamed ? `, and ${names.length - mostNamed} more` : "";
  const lost = bad.map(({ index, key, reason, replacedBy }) => {
    const instead = replacedBy === undefined ? "left out" : `replaced by sample ${replacedBy}`;
    return colors.yellow(cut(`  ${instead}: ${key ?? `sample ${index}`}: ${reason}`, width));
  });
  return [
    `  ${colors.bold(`epoch ${epoch}, step ${step}`)}  ${plural(sizeOf(batch), "sample")}  ${colors.dim(forms.join(" · "))}`,
    ...(named.length === 0 ? [] : [colors.dim(cut(`  ${named.join(", ")}${more}`, width))]),
    ...lost,
  ];
}

function recordOf(batch: LookedBatch, looked: Looked): object {
  const { epoch, step, indices, names, bad, data } = batch;
  const targets = targetsOf(batch, looked);
  return {
    epoch,
    step,
    samples: names.map((name, row) => ({
      ...name,
      position: indices[row],
      ...(targets && { target: targets[row] }),
    })),
    ...(bad && { bad }),
    fields: formsOf([data]),
    sha256: digestOf(batch),
  };
}

async function sheetsOf(
  looked: Looked,
  fields: readonly string[],
  options: ShowOptions,
): Promise<NamedSheet[]> {
  const sheets: NamedSheet[] = [];
  for (const field of fields) {
    sheets.push(batchSheet(looked, field));
    if (options.augmentations === 0) continue;
    const augmented = await augmentedSheet(looked, field, options.samples, options.augmentations);
    if (augmented !== undefined) sheets.push(augmented);
  }
  return sheets;
}

async function writeSheets(sheets: readonly NamedSheet[], { out, warn }: ShowOptions): Promise<string[]> {
  if (sheets.length === 0) return [];
  const withWords = await hasFonts();
  if (!withWords) {
    warn(
      "this machine has no font, so the pictures are without words: install one, such as fonts-dejavu-core",
    );
  }
  const files: string[] = [];
  for (const { file, sheet } of sheets) {
    const path = join(out, file);
    const png = await drawSheet(sheet, withWords);
    try {
      await mkdir(out, { recursive: true });
      await writeFile(path, png);
    } catch (error) {
      throw writeFault(path, error);
    }
    files.push(path);
  }
  return files;
}
