/**
 * Where the messages of an Arrow file lie: a schema, dictionaries, batches of rows. A file is a stream between magic words.
 * https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc
 */
import type { FileHandle } from "node:fs/promises";
import { MillraceError } from "@millrace/core";
import { damageOf } from "../columnar/damage.js";
import { readPart } from "../files/read-part.js";
import { Table } from "./flatbuffers.js";
import { type Field, fieldsOf } from "./schema.js";

/** Where a message lies. Plain data. */
export interface Message {
  /** Its metadata. */
  readonly start: number;
  readonly length: number;
  /** Its buffers. */
  readonly body: number;
  readonly bodyLength: number;
}

export interface BatchMessage extends Message {
  readonly rows: number;
}

export interface DictionaryMessage extends BatchMessage {
  readonly id: number;
  /** It adds to the one before. */
  readonly isDelta: boolean;
  /** The number of batches before it: it is that of those behind. */
  readonly before: number;
}

/** What is known of a file. */
export interface ArrowLayout {
  readonly fields: readonly Field[];
  readonly batches: readonly BatchMessage[];
  readonly dictionaries: readonly DictionaryMessage[];
}

const magic = "ARROW1";
const continuation = 0xffff_ffff;
/** Metadata of one message. */
const largest = 2 ** 28;
const headers = { schema: 1, dictionary: 2, batch: 3 } as const;

/** Errors: FILE_FORMAT for what is no Arrow file, is cut off, or says what cannot be. */
export async function readMessages(file: FileHandle, size: number, path: string): Promise<ArrowLayout> {
  const head = await readPart(file, 0, Math.min(8, size), path);
  if (head.toString("latin1", 0, 4) === "FEA1")
    throw invalid(path, "is Feather of version 1, which pandas and pyarrow can read and write anew");
  const isFile = head.toString("latin1", 0, 6) === magic;
  try {
    const found = isFile ? await fileIn(file, size, path) : await streamIn(file, size, path);
    if (found.fields.length === 0) throw new Error("it has no columns");
    return found;
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    throw invalid(path, `has metadata that cannot be read: ${damageOf(error)}`, error);
  }
}

/** The footer says where all messages lie: some writers keep no schema elsewhere. */
async function fileIn(file: FileHandle, size: number, path: string): Promise<ArrowLayout> {
  const tail = await readPart(file, Math.max(0, size - 10), Math.min(10, size), path);
  if (size < 24 || tail.toString("latin1", 4) !== magic) throw invalid(path, "is cut off");
  const length = tail.readUInt32LE(0);
  if (length > Math.min(largest, size - 10))
    throw new Error(`there is no room for a footer of ${length} bytes`);
  const footer = Table.root(await readPart(file, size - 10 - length, length, path));
  const schema = footer.table(1);
  if (schema === undefined) throw new Error("there is no schema");
  const messages = messagesOf(fieldsOf(schema));
  for (const field of [2, 3]) {
    for (const at of footer.firsts(field, blockBytes)) {
      const found = at < size ? await nextMessage(file, at, size, path) : undefined;
      if (found === undefined) throw new Error(`there is no message at ${at}`);
      messages.take(found);
    }
  }
  return messages.layout();
}

/** Place, lengths of metadata and body. */
const blockBytes = 24;

async function streamIn(file: FileHandle, size: number, path: string): Promise<ArrowLayout> {
  let messages: ReturnType<typeof messagesOf> | undefined;
  for (let at = 0; at < size; ) {
    const found = await nextMessage(file, at, size, path);
    if (found === undefined) break;
    at = found.place.body + found.place.bodyLength;
    if (found.table.int8(1) !== headers.schema) {
      if (messages === undefined) throw new Error("there is no schema before the first rows");
      messages.take(found);
      continue;
    }
    if (messages !== undefined) throw new Error("there are two schemas");
    messages = messagesOf(fieldsOf(headerOf(found)));
  }
  if (messages === undefined) throw new Error("there is no schema");
  return messages.layout();
}

interface Found {
  readonly place: Message;
  readonly table: Table;
}

function headerOf({ table }: Found): Table {
  const header = table.table(2);
  if (header === undefined) throw new Error("a message has no header");
  return header;
}

function messagesOf(fields: readonly Field[]) {
  const batches: BatchMessage[] = [];
  const dictionaries: DictionaryMessage[] = [];
  return {
    take(found: Found): void {
      const header = headerOf(found);
      const kind = found.table.int8(1);
      if (kind === headers.batch) batches.push({ ...found.place, rows: rowsOf(header) });
      if (kind !== headers.dictionary) return;
      const data = header.table(1);
      if (data === undefined) throw new Error("a dictionary has no values");
      const about = { id: header.count(0), isDelta: header.bool(2), before: batches.length };
      dictionaries.push({ ...found.place, rows: rowsOf(data), ...about });
    },
    layout: (): ArrowLayout => ({ fields, batches, dictionaries }),
  };
}

async function nextMessage(
  file: FileHandle,
  at: number,
  size: number,
  path: string,
): Promise<Found | undefined> {
  if (size - at < 4) throw new Error("a message is cut off");
  const prefix = await readPart(file, at, Math.min(8, size - at), path);
  // Before version 0.15 there was no mark in front of the length.
  const isMarked = prefix.readUInt32LE(0) === continuation;
  if (isMarked && prefix.length < 8) throw new Error("a message is cut off");
  const length = prefix.readUInt32LE(isMarked ? 4 : 0);
  if (length === 0) return undefined;
  const start = at + (isMarked ? 8 : 4);
  if (length > largest || length > size - start)
    throw new Error(`it is cut off, or a message of ${length} bytes is none`);
  const table = Table.root(await readPart(file, start, length, path));
  const body = start + length;
  const bodyLength = table.count(3);
  if (bodyLength > size - body) throw new Error("it is cut off: the rows of a message go on beyond its end");
  return { place: { start, length, body, bodyLength }, table };
}

/** More rows than this in one batch are refused; a block has to fit into memory. */
const most = 2 ** 31 - 2;

function rowsOf(batch: Table): number {
  const rows = batch.count(0);
  if (rows <= most) return rows;
  throw new Error(`a batch cannot have ${rows} rows`);
}

export function invalid(path: string, what: string, cause?: unknown): MillraceError {
  return new MillraceError("FILE_FORMAT", `${path} must be an Arrow file, but ${what}`, {
    cause,
    where: [path],
    hint: "Write the file again, or name another in `path`.",
  });
}
