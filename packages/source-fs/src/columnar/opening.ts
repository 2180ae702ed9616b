/** What the one opening of a table learns of its rows, for all threads. */
import {
  type ColumnField,
  classLabels,
  columnTypes,
  type DatasetFacts,
  type Logger,
  MillraceError,
} from "@millrace/core";
import { classNamesIn } from "./classes.js";
import { converterFor } from "./convert.js";
import type { Storage } from "./storage.js";

/** Plain data. */
export interface Opening {
  readonly fields: readonly ColumnField[];
  /** Class names of each field that holds classes. */
  readonly classes: Readonly<Record<string, readonly string[]>>;
  /** The index of the first row of each block, and the number of rows. */
  readonly starts: readonly number[];
  /** The row in its block of each index, where rows are left out. */
  readonly kept?: Uint32Array<SharedArrayBuffer>;
}

/** More than this are no classes: names, identifiers, numbers. */
const mostClasses = 2 ** 20;

/** `known` are the facts to be followed. @throws MillraceError */
export async function readOpening(
  storage: Storage,
  fields: readonly ColumnField[],
  known: DatasetFacts | undefined,
  logger: Logger | undefined,
): Promise<Opening> {
  const knownNames = (field: string) => (field === "label" ? known?.labels : known?.categories?.[field]);
  const given = (column: ColumnField) => knownNames(column.field) ?? column.labels;
  const named = fields.filter((column) => column.kind === "class" && given(column) === undefined);
  const dropping = fields.filter(({ missing }) => missing === "drop");
  const found = await scan(storage, named, dropping);
  const total = storage.rows.reduce((sum, rows) => sum + rows, 0);
  const length = found.kept?.length ?? total;
  if (length === 0) throw withoutRows(storage, total);
  if (length < total) {
    logger?.info(
      { dropped: total - length },
      `${storage.files[0].name}: ${total - length} of ${total} rows are left out, for a value that they miss`,
    );
  }
  const classes: Record<string, readonly string[]> = {};
  for (const column of fields.filter(({ kind }) => kind === "class")) {
    const filled = typeof column.missing === "object" ? [String(column.missing.fill)] : [];
    const names = found.names.get(column.field) ?? [];
    classes[column.field] = classLabels([...names, ...filled], given(column)).labels;
  }
  return { fields, classes, starts: found.starts, ...(found.kept && { kept: found.kept }) };
}

interface Scanned {
  readonly names: ReadonlyMap<string, ReadonlySet<string>>;
  readonly starts: readonly number[];
  readonly kept?: Uint32Array<SharedArrayBuffer>;
}

/** Reads the columns whose classes are not known, and those that may leave rows out; no others. */
async function scan(
  storage: Storage,
  named: readonly ColumnField[],
  dropping: readonly ColumnField[],
): Promise<Scanned> {
  const names = new Map(named.map(({ field }) => [field, new Set<string>()]));
  const starts = [0];
  const kept: number[][] = [];
  const columns = [...new Set([...named, ...dropping].flatMap(({ from }) => from))];
  for (const [block, rows] of storage.rows.entries()) {
    const raws = columns.length === 0 ? [] : await storage.read(block, columns);
    const of = (column: ColumnField) => column.from.map((name) => raws[columns.indexOf(name)]);
    const drops = dropping.map((column) => converterFor(column, undefined).missing(of(column)));
    const left = drops.length > 0 ? new Uint8Array(rows) : undefined;
    const stay: number[] = [];
    if (left !== undefined) {
      for (let row = 0; row < rows; row++) {
        if (drops.some((drop) => drop(row))) left[row] = 1;
        else stay.push(row);
      }
    }
    for (const column of named) {
      const known = names.get(column.field) as Set<string>;
      for (const name of classNamesIn(column, of(column)[0], left)) known.add(name);
      if (known.size > mostClasses) throw tooMany(column, storage);
    }
    kept.push(stay);
    starts.push(starts[block] + (left === undefined ? rows : stay.length));
  }
  if (dropping.length === 0) return { names, starts };
  const all = new Uint32Array(new SharedArrayBuffer(starts[starts.length - 1] * 4));
  for (const [block, rows] of kept.entries()) all.set(rows, starts[block]);
  return { names, starts, kept: all };
}

/** What is known of the table without its rows. */
export function factsOf({ fields, classes }: Opening, hasColumns: boolean): DatasetFacts {
  const { label, ...others } = classes;
  const vectors = Object.fromEntries(
    fields
      .filter(({ width, from }) => width !== undefined && width === from.length)
      .map(({ field, from }) => [field, from]),
  );
  const { features, ...elements } = vectors;
  return {
    ...(label && { labels: label }),
    ...(features && { features }),
    ...(Object.keys(others).length > 0 && { categories: others }),
    ...(Object.keys(elements).length > 0 && { elements }),
    ...(hasColumns && { fields: columnTypes(fields) }),
  };
}

function withoutRows({ files, format }: Storage, total: number): MillraceError {
  const what = total === 0 ? "has none" : `all of its ${total} miss a value whose column says \`drop\``;
  return new MillraceError(
    "FILE_FORMAT",
    `a table must have rows, but ${files[0].name} (${format}) ${what}`,
    {
      where: [files[0].path],
      hint: total === 0 ? "Name another file in `path`." : "Choose another policy in `missing`.",
    },
  );
}

function tooMany({ from }: ColumnField, { files }: Storage): MillraceError {
  return new MillraceError(
    "FILE_FORMAT",
    `column "${from[0]}" must hold classes, but has more than ${mostClasses.toLocaleString("en-US")} different values`,
    {
      where: [files[0].path],
      hint: 'Choose another column, or another type if it holds quantities (labelType: "number") or texts.',
    },
  );
}
