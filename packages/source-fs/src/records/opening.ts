/** What the one opening of files of records learns, for all threads. */
import { setImmediate } from "node:timers/promises";
import {
  type ClassLabels,
  classLabels,
  type ColumnField,
  type DatasetFacts,
  didYouMean,
  type Logger,
  MillraceError,
} from "@millrace/core";
import type { ImageSharing } from "../images/image-reader.js";
import { GrowingRows } from "../memory/growing.js";
import { lookAt } from "../lines/paths.js";
import { rowFilter, type Where } from "../lines/where.js";
import type { RecordIndex } from "../lines/record-index.js";
import { type ClassNames, type FieldReader, fieldReader, isDropped, type ValueStyle } from "./fields.js";
import type { FileRecord, FileRecords } from "./records.js";

/** What threads are given. */
export interface RecordsOpening {
  readonly index: RecordIndex;
  readonly names: ClassNames;
  /** The records that are samples, where some are left out; 4 bytes for each. */
  readonly kept?: Uint32Array;
  readonly images?: ImageSharing;
}

/** Records that are read at once. */
const atOnce = 1024;
/** More than this are no classes. */
const mostClasses = 2 ** 20;

/**
 * The classes of all fields, and which records are samples. Reads all records where classes are not known yet, or some are to
 * be left out; a record that cannot be read stays, and fails when it is asked for.
 * Errors: LABEL_UNKNOWN; OPTION_INVALID for a name that only a misspelt key can mean; FILE_FORMAT where nothing is left.
 */
export async function learn(
  index: RecordIndex,
  records: FileRecords,
  fields: readonly ColumnField[],
  style: ValueStyle & { readonly where: Where },
  known: DatasetFacts | undefined,
  logger: Logger | undefined,
): Promise<Omit<RecordsOpening, "images">> {
  const length = index.starts.length;
  refuseMisspelt(records, fields, length, logger);
  const classes = fields.filter(({ kind }) => kind === "class");
  const stated = (column: ColumnField): readonly string[] | undefined =>
    (column.field === "label" ? known?.labels : known?.categories?.[column.field]) ?? column.labels;
  const isDropping = fields.some(({ missing }) => missing === "drop");
  const unknown = classes.filter((column) => stated(column) === undefined);
  const found = new Map(unknown.map(({ field }) => [field, new Set<string>()]));
  const filter = rowFilter(style.where);
  const looks = (filter?.names ?? []).map(lookAt);
  const isAsked = (record: FileRecord): boolean =>
    filter === undefined || filter.takes((place) => looks[place](record.value));
  let kept: Uint32Array | undefined;
  if (isDropping || unknown.length > 0 || filter !== undefined) {
    const readerOf = (column: ColumnField, names?: Set<string>): FieldReader =>
      fieldReader(column, style, (field) => collecting(field, names));
    const dropping = fields.filter(({ missing }) => missing === "drop").map((column) => readerOf(column));
    const collectors = unknown.map((column) => readerOf(column, found.get(column.field)));
    const rows = await readAll(records, isAsked, dropping, collectors, length);
    if (rows.length < length) kept = rows;
  }
  if (kept?.length === 0 && filter !== undefined && filter.passed > 0) {
    throw filter.nothing(index.files.map(({ name }) => name).join(", "));
  }
  const asked = length - (filter?.passed ?? 0);
  if (kept !== undefined && kept.length < asked) tellDropped(asked, kept.length, logger);
  const names = classes.map((column) => {
    const { labels } = classLabels(found.get(column.field) ?? [], stated(column));
    return [column.field, labels] as const;
  });
  return { index, names: Object.fromEntries(names), ...(kept && { kept }) };
}

/** Classes that are only collected; every name is one. */
function collecting(field: string, names: Set<string> | undefined): ClassLabels {
  return {
    labels: [],
    indexOf(name) {
      if (names !== undefined && !names.has(name)) {
        if (names.size === mostClasses) throw tooMany(field);
        names.add(name);
      }
      return 0;
    },
  };
}

/** The records that are samples; of these alone the classes are collected. */
async function readAll(
  records: FileRecords,
  isAsked: (record: FileRecord) => boolean,
  dropping: readonly FieldReader[],
  collectors: readonly FieldReader[],
  length: number,
): Promise<Uint32Array> {
  const kept = new GrowingRows(Uint32Array, 1);
  const take = (record: FileRecord): boolean => {
    if (!isAsked(record) || isDropped(dropping, record)) return false;
    for (const { read } of collectors) read(record);
    return true;
  };
  for (let start = 0; start < length; start += atOnce) {
    const indices = Array.from({ length: Math.min(atOnce, length - start) }, (_, i) => start + i);
    for (const [i, isKept] of records.readSound(indices, take).entries()) {
      if (isKept === false) continue;
      const at = kept.next();
      kept.block[at] = start + i;
    }
    await setImmediate();
  }
  return kept.shared();
}

/** Records that are looked at for the names of keys. */
const looked = 256;

/** A key that no record has is rarely meant; where one is there that is written alike, never. */
function refuseMisspelt(
  records: FileRecords,
  fields: readonly ColumnField[],
  length: number,
  logger: Logger | undefined,
): void {
  const values = records
    .readSound([...Array(Math.min(looked, length)).keys()], ({ value }) => value)
    .filter((value) => value !== undefined);
  const keys = [...new Set(values.flatMap((value) => (Array.isArray(value) ? [] : Object.keys(value))))];
  const used = new Set(fields.flatMap(({ from }) => from));
  const free = keys.filter((key) => !used.has(key));
  for (const { field, from } of fields) {
    for (const name of from) {
      const look = lookAt(name);
      if (values.length === 0 || values.some((value) => look(value) !== undefined)) continue;
      const meant = didYouMean(name, free);
      if (meant === "") {
        logger?.warn({ field, from: name }, `none of the first ${values.length} samples has "${name}"`);
        continue;
      }
      throw new MillraceError(
        "OPTION_INVALID",
        `"${name}" must be in the samples, but none of the first ${values.length} has it${meant}`,
        { path: ["columns", field], hint: `They have: ${keys.join(", ")}.` },
      );
    }
  }
}

function tellDropped(total: number, kept: number, logger: Logger | undefined): void {
  const count = total - kept;
  if (kept === 0) {
    const each = total === 1 ? "the only one" : `each of the ${total}`;
    throw new MillraceError("FILE_FORMAT", `there must be samples, but ${each} is left out`, {
      hint: 'They miss a value of a field whose `missing` is "drop": choose "null", or a value to fill in.',
    });
  }
  logger?.info({ dropped: count }, `${count} of ${total} samples are left out, for a value that they miss`);
}

function tooMany(field: string): MillraceError {
  const most = mostClasses.toLocaleString("en-US");
  return new MillraceError(
    "OPTION_INVALID",
    `"${field}" must hold classes, but has more than ${most} different values`,
    {
      path: ["columns", field],
      hint: "Choose another type if it holds quantities or texts.",
    },
  );
}
