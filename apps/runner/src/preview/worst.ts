/** The samples of a run with the highest loss, as `millrace evaluate` wrote them, made again. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { MillraceError, sampleName } from "@millrace/core";
import type { DataLoader, SplitName } from "@millrace/core/dataloader";
import { knownSamples } from "@millrace/core/spec";
import { parseObject, shortest } from "../run/run-folder.js";
import { figure, percent } from "../view/format.js";
import type { Terminal } from "../view/terminal.js";
import { shellWord } from "../view/shell-word.js";
import { cut, padded, widthOf } from "../view/width.js";
import { keep, type LookedBatch, nameText } from "./looked.js";

/** One of `worst` in evaluation-<split>.json. */
export interface Worst {
  /** In the source. */
  readonly index: number;
  readonly key?: string;
  readonly target: string | number;
  readonly predicted: string | number;
  readonly confidence?: number;
  readonly loss?: number;
}

/** The first of them. @throws MillraceError FILE_NOT_FOUND where the split was not measured. */
export async function worstOf(folder: string, split: SplitName, most: number): Promise<readonly Worst[]> {
  const path = join(folder, `evaluation-${split}.json`);
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new MillraceError(
      "FILE_NOT_FOUND",
      `the worst samples are in ${shortest(path)}, which is not there`,
      {
        cause,
        hint: `Measure the run first: millrace evaluate ${shellWord(shortest(folder))} --split ${split}`,
      },
    );
  });
  const { worst } = parseObject(text, path);
  if (isWorst(worst)) return worst.slice(0, most);
  throw new MillraceError("FILE_FORMAT", `${shortest(path)} must list samples under "worst", has none`, {
    hint: `Measure the run again: millrace evaluate ${shellWord(shortest(folder))} --split ${split}`,
  });
}

function isWorst(worst: unknown): worst is readonly Worst[] {
  return (
    Array.isArray(worst) &&
    worst.length > 0 &&
    worst.every((each: unknown) => Number.isInteger((each as Partial<Worst> | null)?.index))
  );
}

/** As the model is given them when the split is measured. */
export async function worstBatch(loader: DataLoader, worst: readonly Worst[]): Promise<LookedBatch> {
  const places = new Map<number, number>();
  const wanted = new Set(worst.map(({ index }) => index));
  const samples = knownSamples(loader) ?? 0;
  for (let position = 0; position < samples && places.size < wanted.size; position++) {
    const { index } = sampleName(loader.dataset, position);
    if (wanted.has(index)) places.set(index, position);
  }
  const positions = worst.map(({ index, key }) => {
    const position = places.get(index);
    if (position !== undefined) return position;
    throw new MillraceError(
      "DATA_CHANGED",
      `${nameText({ index, ...(key !== undefined && { key }) })} is no longer in this split`,
      {
        hint: "Bring the data back as they were, or measure the run again.",
      },
    );
  });
  return keep(await loader.batchOf(positions), loader);
}

export function worstLines(worst: readonly Worst[], terminal: Terminal): string[] {
  const { colors } = terminal;
  const room = terminal.columns() - 2;
  const rows = worst.map(({ index, key, target, predicted, confidence, loss }) => [
    nameText({ index, ...(key !== undefined && { key }) }),
    `is ${target}`,
    `was taken for ${predicted}${confidence === undefined ? "" : ` (${percent(confidence)} sure)`}`,
    loss === undefined ? "" : `loss ${figure(loss)}`,
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => widthOf(row[column]))));
  const lines = rows.map((row) =>
    row
      .map((cell, i) => padded(cell, widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return ["", `  ${colors.bold("the highest loss first")}`, ...lines.map((line) => `  ${cut(line, room)}`)];
}
