/** Sequences of token ids as texts: each token above its id, padding told as such. */
import {
  type DatasetFacts,
  decodeTokens,
  isNdArray,
  type NdArray,
  type Vocabulary,
  vocabulariesOf,
} from "@millrace/core";
import { plural } from "../view/format.js";
import type { Colors } from "../view/terminal.js";
import { cut, padded, widthOf } from "../view/width.js";
import { type Column, columnsOf, type LookedBatch, nameText, rowOf } from "./looked.js";

export interface TokenColumn {
  readonly name: string;
  readonly array: NdArray;
  readonly vocabulary: Vocabulary;
}

/**
 * Columns of ids. A target of the same form as one of them, as models of language have, is of the same vocabulary; where a
 * vocabulary is left whose field is gone, as that of a translation, the target and what is as long are of that.
 */
export function tokenColumns(
  columns: readonly Column[],
  facts: DatasetFacts,
  target: string,
): readonly TokenColumn[] {
  const known = vocabulariesOf(facts);
  const sequences = columns.flatMap(({ name, values }) =>
    isNdArray(values) && values.shape.length === 2 ? [{ name, array: values }] : [],
  );
  const own = sequences.filter(({ name }) => known[name] !== undefined);
  const answers = sequences.find(({ name }) => name === target);
  const left = Object.keys(known).filter((name) => own.every((each) => each.name !== name));
  const isLike = ({ array }: { readonly array: NdArray }) =>
    String(array.shape) === String(answers?.array.shape);
  const translated = left.length === 1 && own.length > 0 ? left[0] : undefined;
  const ofTarget = translated ?? own.find(isLike)?.name;
  return sequences.flatMap((each): TokenColumn[] => {
    const beside = translated !== undefined && isLike(each) && !isMask(each.array);
    const other = (each === answers || beside) && ofTarget !== undefined ? known[ofTarget] : undefined;
    const vocabulary = known[each.name] ?? other;
    return vocabulary === undefined || !each.array.dtype.includes("int") ? [] : [{ ...each, vocabulary }];
  });
}

function isMask({ data }: NdArray): boolean {
  return data.every((value) => value === 0 || value === 1);
}

/** Samples that are shown. */
const mostSamples = 3;
/** Lines of tokens of one sample. */
const mostLines = 4;

export function tokenLines(
  batch: LookedBatch,
  facts: DatasetFacts,
  target: string,
  { columns: width, colors }: { readonly columns: number; readonly colors: Colors },
): string[] {
  const columns = tokenColumns(columnsOf(batch.data), facts, target);
  if (columns.length === 0) return [];
  const [{ array }] = columns;
  const lines: string[] = [];
  for (let row = 0; row < Math.min(mostSamples, array.shape[0]); row++) {
    const name = batch.names[row];
    lines.push("", `  ${colors.bold(name === undefined ? `row ${row}` : nameText(name))}`);
    for (const column of columns) lines.push(...sequence(column, row, width, colors));
  }
  return lines;
}

function sequence(
  { name, array, vocabulary }: TokenColumn,
  row: number,
  width: number,
  colors: Colors,
): string[] {
  const ids = Array.from(rowOf(array, row).data);
  const { start, end, about } = extentOf(ids, vocabulary);
  const shownIds = ids.slice(start, end);
  const text = decodeTokens(
    vocabulary,
    shownIds.filter((id) => id >= 0),
  );
  const { lines, shown } = cells(shownIds, vocabulary, width - 4);
  return [
    `  ${colors.cyan(name)} ${colors.dim(about)}`,
    colors.dim(cut(`    ${JSON.stringify(text)}`, width)),
    ...lines.flatMap(([tokens, numbers]) => [`    ${tokens}`, colors.dim(`    ${numbers}`)]),
    ...(shown < end - start ? [colors.dim(`    and ${end - start - shown} more`)] : []),
  ];
}

/** Which steps are shown, and what is said of the others. */
function extentOf(ids: readonly number[], { padding, unknown }: Vocabulary) {
  const answers = ids.filter((id) => id >= 0).length;
  // Steps without an answer stay before those with one, so that answers stand where their questions do.
  if (answers < ids.length) {
    const end = 1 + ids.findLastIndex((id) => id >= 0);
    return { start: 0, end, about: `${answers} answers in ${plural(ids.length, "step")}` };
  }
  const isFill = (id: number): boolean => id === padding;
  let end = ids.length;
  while (end > 0 && isFill(ids[end - 1])) end--;
  let start = 0;
  while (start < end && isFill(ids[start])) start++;
  const tail = ids.length - end + start;
  const strange = ids.filter((id) => id === unknown).length;
  const about = [
    `${end - start} of ${plural(ids.length, "step")}`,
    tail === 0 ? "no padding" : `${tail} of padding${start > 0 ? " in front" : ""}`,
    strange > 0 && `${strange} not in the vocabulary`,
  ];
  return { start, end, about: about.filter((part) => part !== false).join(", ") };
}

/** Each token above its id, as many as stand side by side. */
function cells(ids: readonly number[], { tokens }: Vocabulary, width: number) {
  const lines: [string, string][] = [];
  let top = "";
  let below = "";
  let shown = 0;
  for (const id of ids) {
    const token = id < 0 ? "·" : visible(tokens[id] ?? "?");
    const wide = Math.max(widthOf(token), String(id).length) + 1;
    if (widthOf(top) + wide > width) {
      lines.push([top.trimEnd(), below.trimEnd()]);
      if (lines.length === mostLines) return { lines, shown };
      top = "";
      below = "";
    }
    top += padded(token, wide);
    below += padded(String(id), wide);
    shown++;
  }
  if (top !== "") lines.push([top.trimEnd(), below.trimEnd()]);
  return { lines, shown };
}

function visible(token: string): string {
  const shown = token.replaceAll("\n", "⏎").replaceAll("\t", "⇥").replaceAll(" ", "␣");
  return cut(shown === "" ? "∅" : shown, 24);
}
