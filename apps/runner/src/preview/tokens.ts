/** Sequences of token ids as texts: each token above its id, padding told as such. */
import {
  type DatasetFacts,
  decodeTokens,
  isNdArray,
  type NdArray,
  type Vocabulary,
  vocabulariesOf,
} from "@millrace/core";
import type { Colors } from "../view/terminal.js";
import { cut, padded, widthOf } from "../view/width.js";
import { type Column, columnsOf, type LookedBatch, nameText, rowOf } from "./looked.js";

export interface TokenColumn {
  readonly name: string;
  readonly array: NdArray;
  readonly vocabulary: Vocabulary;
}

/** Columns of ids; a target of the same form, as models of language have, is of the same vocabulary. */
export function tokenColumns(columns: readonly Column[], facts: DatasetFacts, target: string): TokenColumn[] {
  const known = vocabulariesOf(facts);
  const named = columns.flatMap(({ name, values }): TokenColumn[] => {
    const vocabulary = known[name];
    const isIds = vocabulary !== undefined && isNdArray(values) && values.shape.length === 2;
    return isIds ? [{ name, array: values, vocabulary }] : [];
  });
  const answers = columns.find(({ name }) => name === target)?.values;
  const of = named.find(
    ({ array }) =>
      answers !== undefined && isNdArray(answers) && String(answers.shape) === String(array.shape),
  );
  if (of === undefined || named.some(({ name }) => name === target)) return named;
  return [...named, { name: target, array: answers as NdArray, vocabulary: of.vocabulary }];
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
  const padding = vocabulary.padding;
  const isFill = (id: number): boolean => id === padding || id < 0;
  let end = ids.length;
  while (end > 0 && isFill(ids[end - 1])) end--;
  let start = 0;
  while (start < end && isFill(ids[start])) start++;
  const tail = ids.length - end + start;
  const fill = tail === 0 ? "no padding" : `${tail} of padding${start > 0 ? " in front" : ""}`;
  const unknown = ids.filter((id) => id === vocabulary.unknown).length;
  const strange = unknown === 0 ? "" : `, ${unknown} not in the vocabulary`;
  const text = decodeTokens(vocabulary, ids.slice(start, end));
  const left = (count: number) => colors.dim(`    and ${count} more`);
  const { lines, shown } = cells(ids.slice(start, end), vocabulary, width - 4);
  return [
    `  ${colors.cyan(name)} ${colors.dim(`${end - start} of ${ids.length} steps, ${fill}${strange}`)}`,
    colors.dim(cut(`    ${JSON.stringify(text)}`, width)),
    ...lines.flatMap(([tokens, numbers]) => [`    ${tokens}`, colors.dim(`    ${numbers}`)]),
    ...(shown < end - start ? [left(end - start - shown)] : []),
  ];
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
