/** Arrow and Feather files as tables of record batches. */
import type { FileHandle } from "node:fs/promises";
import { damageOf } from "../columnar/damage.js";
import type { PlainValues, RawColumn } from "../columnar/raw.js";
import { requireSameColumns } from "../columnar/same-columns.js";
import { blockFault, changed, type Storage, type StoredFile } from "../columnar/storage.js";
import type { NamedFile } from "../files/find.js";
import { readPart } from "../files/read-part.js";
import { stampOf } from "../files/stamp.js";
import { withFile } from "../files/with-file.js";
import { type Batch, batchOf } from "./batch.js";
import { decodeColumn, decodeDictionary, type Dictionary } from "./column.js";
import { Table } from "./flatbuffers.js";
import { type ArrowLayout, type DictionaryMessage, invalid, type Message, readMessages } from "./messages.js";
import { columnsOf, type Field } from "./schema.js";

/** What one opening knows of its files. Plain data. */
export interface ArrowShared {
  readonly files: readonly StoredFile[];
  readonly layouts: readonly ArrowLayout[];
}

/** Reads the metadata, and no rows. @throws MillraceError FILE_NOT_FOUND, FILE_FAILED, FILE_FORMAT */
export async function openArrow(inputs: readonly NamedFile[]): Promise<ArrowShared> {
  const files: StoredFile[] = [];
  const layouts: ArrowLayout[] = [];
  for (const { path, name } of inputs) {
    const stamp = stampOf(path) ?? "";
    const layout = await withFile(path, async (file) => readMessages(file, (await file.stat()).size, path));
    if (layouts.length > 0)
      requireSameColumns(columnsOf(layouts[0].fields), columnsOf(layout.fields), files[0].path, path);
    files.push({ path, name, stamp });
    layouts.push(layout);
  }
  return { files, layouts };
}

export function arrowStorage(shared: ArrowShared): Storage {
  const { files, layouts } = shared;
  const columns = layouts.map(({ fields }) => columnsOf(fields));
  const blocks = layouts.flatMap(({ batches }, file) => {
    let first = 0;
    return batches.map((message, number) => {
      first += message.rows;
      return { file, number, message, firstRow: first - message.rows };
    });
  });
  const dictionaries = layouts.map((layout) => new Dictionaries(layout));
  return {
    format: "Arrow",
    blockName: "record batch",
    files,
    columns: columns[0],
    rows: blocks.map(({ message }) => message.rows),
    fileOf: blocks.map(({ file }) => file),
    firstRow: blocks.map(({ firstRow }) => firstRow),
    shared,
    async read(block, names) {
      const { file: number, number: batchNumber, message } = blocks[block];
      const { path, stamp } = files[number];
      const { fields } = layouts[number];
      return withFile(path, async (file) => {
        if (stampOf(path) !== stamp) throw changed(files[number], "Arrow");
        const about = { path, format: "Arrow", block: `record batch ${batchNumber}` };
        let column: string | undefined;
        try {
          const batch = await readBatch(file, path, message, fields);
          if (batch.rows !== message.rows) throw new Error("it has another number of rows than before");
          const raws: RawColumn[] = [];
          for (const name of names) {
            column = name;
            const found = columns[number].find((each) => each.name === name);
            if (found === undefined) throw new Error("there is no such column");
            const dictionaryOf = (field: Field) => dictionaries[number].of(field, batchNumber, file, path);
            raws.push(await decodeColumn(batch, fields, found, dictionaryOf));
          }
          return raws;
        } catch (error) {
          throw blockFault(error, { ...about, column });
        }
      });
    },
  };
}

/** What of a message is a record batch; a dictionary has one in it. */
async function readBatch(
  file: FileHandle,
  path: string,
  message: Message,
  fields: readonly Field[],
): Promise<Batch> {
  const root = Table.root(await readPart(file, message.start, message.length, path));
  const header = root.table(2);
  const isDictionary = root.int8(1) === 2;
  const data = isDictionary ? header?.table(1) : header;
  if (data === undefined) throw new Error("it has no rows");
  return batchOf(data, message, fields, (start, length) => readPart(file, start, length, path));
}

/** The dictionaries of one file: of each, the one that was asked for last is kept. */
class Dictionaries {
  readonly #layout: ArrowLayout;
  readonly #kept = new Map<number, { readonly until: number; readonly made: Promise<Dictionary> }>();

  constructor(layout: ArrowLayout) {
    this.#layout = layout;
  }

  /** The one that holds for the batch of this number. */
  of(field: Field, batch: number, file: FileHandle, path: string): Promise<Dictionary> {
    const id = field.dictionary?.id as number;
    const all = this.#layout.dictionaries.filter((each) => each.id === id && each.before <= batch);
    const whole = all.findLastIndex(({ isDelta }) => !isDelta);
    const parts = all.slice(Math.max(0, whole));
    const last = parts.at(-1);
    if (last === undefined) throw new Error(`it has no dictionary of number ${id}`);
    const kept = this.#kept.get(id);
    if (kept?.until === last.start) return kept.made;
    const made = this.#read(parts, field, file, path);
    this.#kept.set(id, { until: last.start, made });
    // Whoever waits is told; the next one tries again.
    made.catch(() => this.#kept.delete(id));
    return made;
  }

  async #read(
    parts: readonly DictionaryMessage[],
    field: Field,
    file: FileHandle,
    path: string,
  ): Promise<Dictionary> {
    const { dictionary: _, ...values } = field;
    const found: Dictionary[] = [];
    for (const part of parts) {
      try {
        found.push(await decodeDictionary(await readBatch(file, path, part, [values]), values));
      } catch (error) {
        throw invalid(path, `has a dictionary that cannot be read: ${damageOf(error)}`, error);
      }
    }
    return found.length === 1 ? found[0] : joined(found);
  }
}

function joined(parts: readonly Dictionary[]): Dictionary {
  const counts = parts.map(({ values }) =>
    values.form === "numbers" ? values.data.length : values.starts.length - 1,
  );
  const total = counts.reduce((sum, count) => sum + count, 0);
  const absent = new Uint8Array(total);
  let at = 0;
  for (const [i, part] of parts.entries()) {
    if (part.absent !== undefined) absent.set(part.absent, at);
    at += counts[i];
  }
  return {
    values: joinedValues(
      parts.map(({ values }) => values),
      total,
    ),
    absent: absent.includes(1) ? absent : undefined,
  };
}

function joinedValues(parts: readonly PlainValues[], total: number): PlainValues {
  const [first] = parts;
  if (parts.some(({ form }) => form !== first.form)) throw new Error("its dictionaries are of several kinds");
  if (first.form === "numbers") {
    const data = new (first.data.constructor as new (length: number) => Float64Array)(total);
    let at = 0;
    for (const part of parts as (PlainValues & { form: "numbers" })[]) {
      data.set(part.data as Float64Array, at);
      at += part.data.length;
    }
    return { form: "numbers", data };
  }
  const packed = parts as (PlainValues & { form: "packed" })[];
  const bytes = new Uint8Array(packed.reduce((sum, part) => sum + part.bytes.length, 0));
  const starts = new Uint32Array(total + 1);
  let [at, used] = [0, 0];
  for (const part of packed) {
    bytes.set(part.bytes, used);
    for (let i = 1; i < part.starts.length; i++) starts[at + i] = used + part.starts[i];
    at += part.starts.length - 1;
    used += part.bytes.length;
  }
  return { form: "packed", bytes, starts };
}
