/** Makes a token file of texts: once, in bounded memory, whole or not at all. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { access, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileFault, fingerprintFiles, type Logger, MillraceError, writeWhole } from "@millrace/core";
import { type DocumentUnit, documentsOf, type Piece, pieceLength } from "./documents.js";
import { headOf, type IdType, idTypes, tokenFormat } from "./format.js";
import type { CorpusTokenizer, TokenizerUse } from "./tokenizers.js";

export interface Making {
  /** Absolute, in the order of the documents. */
  readonly paths: readonly string[];
  readonly unit: DocumentUnit;
  readonly use: TokenizerUse;
  readonly tokenizer: CorpusTokenizer;
  /** Where token files are kept. */
  readonly folder: string;
  readonly logger: Logger;
}

/** The file with the tokens of these texts: the one that an earlier run made of the same, or a new one. */
export async function tokenFileOf(making: Making): Promise<string> {
  const { paths, unit, use, tokenizer, folder } = making;
  const about = [
    tokenFormat,
    await fingerprintFiles(paths),
    unit,
    use,
    tokenizer.vocabulary,
    tokenizer.content,
  ];
  const digest = createHash("sha256").update(JSON.stringify(about)).digest("hex").slice(0, 32);
  const path = join(folder, `${use.use}-${digest}.safetensors`);
  if (await isThere(path)) return path;
  // Another process may be making the same: the last to be done leaves its own, which is equal.
  const own = `${path}.${process.pid}`;
  try {
    await mkdir(folder, { recursive: true });
    await make(making, own);
    await rename(own, path);
  } catch (error) {
    throw fileFault(error, path, "cannot be written");
  } finally {
    for (const left of [own, `${own}.ids`]) await rm(left, { force: true });
  }
  return path;
}

async function make(making: Making, path: string): Promise<void> {
  const { paths, unit, tokenizer, logger } = making;
  const { vocabulary } = tokenizer;
  const type: IdType = vocabulary.size <= 65_536 ? "uint16" : "int32";
  const started = performance.now();
  logger.info({ files: paths.length }, `making token ids of ${paths.length} text files`);
  const { ends, count } = await writeIds(`${path}.ids`, documentsOf(paths, unit), tokenizer, type);
  if (count === 0) throw noTokens(paths);
  const head = headOf(type, count, Float64Array.from(ends), vocabulary);
  await writeWhole(path, [...head, createReadStream(`${path}.ids`)]);
  const seconds = (performance.now() - started) / 1000;
  const told = { documents: ends.length, ids: count, seconds };
  logger.info(
    told,
    `made ${count} token ids of ${ends.length} documents in ${seconds.toFixed(1)} s, kept in ${dirname(path)}`,
  );
}

interface Written {
  readonly ends: readonly number[];
  readonly count: number;
}

async function writeIds(
  path: string,
  pieces: AsyncIterable<Piece>,
  tokenizer: CorpusTokenizer,
  type: IdType,
): Promise<Written> {
  const { vocabulary } = tokenizer;
  const file = await open(path, "w");
  const ends: number[] = [];
  let count = 0;
  let documentStart = 0;
  const put = async (ids: ArrayLike<number>): Promise<void> => {
    await file.writeFile(bytesOf(ids, type));
    count += ids.length;
  };
  try {
    for await (const group of groupsOf(pieces)) {
      const found = tokenizer.encode(group.map(({ text }) => text));
      const ids: number[] = [];
      for (const [i, tokens] of found.entries()) {
        const empty = count + ids.length === documentStart;
        if (empty && tokens.length > 0 && vocabulary.begin !== undefined) ids.push(vocabulary.begin);
        for (const id of tokens) ids.push(id);
        if (!group[i].ends || count + ids.length === documentStart) continue;
        if (vocabulary.end !== undefined) ids.push(vocabulary.end);
        documentStart = count + ids.length;
        ends.push(documentStart);
      }
      await put(ids);
    }
  } finally {
    await file.close();
  }
  return { ends, count };
}

/** Pieces that together are about as long as one that is long. */
async function* groupsOf(pieces: AsyncIterable<Piece>): AsyncGenerator<readonly Piece[]> {
  let group: Piece[] = [];
  let length = 0;
  for await (const piece of pieces) {
    group.push(piece);
    length += piece.text.length + 1;
    if (length < pieceLength) continue;
    yield group;
    [group, length] = [[], 0];
  }
  if (group.length > 0) yield group;
}

/** Little-endian, as all machines are that Node runs on but one. */
function bytesOf(ids: ArrayLike<number>, type: IdType): Uint8Array {
  const bytes = Buffer.alloc(ids.length * idTypes[type].bytes);
  if (type === "uint16") for (let i = 0; i < ids.length; i++) bytes.writeUInt16LE(ids[i], 2 * i);
  else for (let i = 0; i < ids.length; i++) bytes.writeInt32LE(ids[i], 4 * i);
  return bytes;
}

/** Files as they are named; of a folder all below it that end in .txt, by path. Errors: FILE_NOT_FOUND. */
export async function textFiles(paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    const about = await stat(path).catch((error: unknown) => {
      throw fileFault(error, path, "cannot be read");
    });
    if (about.isDirectory()) found.push(...(await textsIn(path)));
    else found.push(path);
  }
  return found;
}

async function textsIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && entry.name.toLowerCase().endsWith(".txt"))
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
  if (files.length > 0) return files;
  throw new MillraceError(
    "FILE_NOT_FOUND",
    `the folder ${folder} must hold files that end in .txt, has none`,
    {
      hint: "Name the files themselves in `texts`.",
    },
  );
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function noTokens(paths: readonly string[]): MillraceError {
  return new MillraceError(
    "FILE_FORMAT",
    `texts must have a token at least, but ${paths.length === 1 ? paths[0] : `${paths.length} files`} gave none`,
    {
      hint: "Name files that hold text in `texts`.",
    },
  );
}
