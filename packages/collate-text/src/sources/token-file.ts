/** A corpus as windows of token ids out of one file, which is made of texts once. */
import { closeSync, openSync, readSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import {
  checkIndex,
  type Dataset,
  defineSource,
  fileFault,
  fingerprintFiles,
  type Logger,
  LoggerService,
  MillraceError,
  type PluginContext,
  type SourceInputs,
  pathOption,
} from "@millrace/core";
import { z } from "zod";
import { documentUnits } from "../token-files/documents.js";
import { idTypes, type IdType, openTokens, type TokenFile } from "../token-files/format.js";
import { textFiles, tokenFileOf } from "../token-files/make.js";
import { textInputs } from "../token-files/inputs.js";
import { openTokenizer, tokenizerOption } from "../token-files/tokenizers.js";
import { type Span, Windows } from "../token-files/windows.js";

const path = pathOption();

const options = z
  .strictObject({
    texts: z
      .union([path, z.array(path).min(1)])
      .optional()
      .describe(
        "text files in UTF-8, or folders of files that end in .txt: their tokens are put into one file, which later runs take again",
      ),
    document: z
      .enum(documentUnits)
      .default("file")
      .describe("what a document of the texts is: a file, a line, or what stands between blank lines"),
    tokenizer: tokenizerOption
      .optional()
      .describe("makes the ids of `texts`; beside a `path`, those of a text that is to be continued"),
    folder: path
      .default(".millrace/tokens")
      .describe(
        "where token files are kept, relative to the spec: 2 bytes a token (4 above 65,536 ids), 8 a document",
      ),
    path: path
      .optional()
      .describe(
        "instead of texts, a file of ids: one that this source has made, or with `dtype` plain ids one behind the other",
      ),
    dtype: z
      .enum(Object.keys(idTypes) as [IdType, ...IdType[]])
      .optional()
      .describe(
        "the type of plain ids in `path`, in little-endian order, such as nanoGPT's train.bin (uint16)",
      ),
    window: z
      .int()
      .min(1)
      .describe(
        "ids of a sample: for a language model one more than it sees, as each is told from those before it",
      ),
    stride: z
      .int()
      .min(1)
      .optional()
      .describe(
        "ids from one window's beginning to the next one's; the window by default, less makes windows overlap",
      ),
    documents: z
      .enum(["across", "within"])
      .default("across")
      .describe("across: all documents are one sequence; within: each window is of one document"),
    remainder: z
      .enum(["drop", "keep"])
      .default("drop")
      .describe(
        "ids at the end (of each document, within them) that are no whole window: left out, or a shorter sample",
      ),
  })
  .superRefine(({ texts, path, tokenizer, dtype }, context) => {
    const refuse = (message: string, at: string) => context.addIssue({ code: "custom", message, path: [at] });
    if ((texts === undefined) === (path === undefined))
      refuse("either `texts` or `path` must be given", "texts");
    if (texts !== undefined && tokenizer === undefined) refuse("texts need a tokenizer", "tokenizer");
    if (texts !== undefined && dtype !== undefined) refuse("dtype is for plain ids in `path`", "dtype");
  });

type Options = z.output<typeof options>;

export interface TokenWindow {
  readonly tokens: Int32Array;
}

export default defineSource({
  name: "token-file",
  summary: "windows of token ids out of one file, made of texts once",
  options,
  needs: { logger: LoggerService },
  async create(options, { baseUrl, seed, shared, logger }): Promise<Dataset<TokenWindow>> {
    const file = (shared as TokenFile | undefined) ?? (await opened(options, { baseUrl, seed }, logger));
    const { window, stride = window, documents, remainder } = options;
    const windows = new Windows(file.ends, { window, stride, documents, remainder });
    if (shared === undefined) tell(windows, file, options, logger);
    const type = { type: "int32", shape: [remainder === "drop" ? window : null] } as const;
    const reader = readerOf(file);
    const read = (index: number) => reader.read(windows.at(checkIndex(index, windows.length)));
    return {
      length: windows.length,
      facts: { ...(file.vocabulary && { vocabulary: file.vocabulary }), fields: { tokens: type } },
      fields: { tokens: type },
      get: (index) => ({ tokens: read(index) }),
      ...(remainder === "drop" && {
        getBatch(indices, _context, allocator) {
          const tokens = allocator.allocate("int32", [indices.length, window]);
          for (const [i, index] of indices.entries()) tokens.data.set(read(index), i * window);
          return { tokens };
        },
      }),
      key(index) {
        const { start, end } = windows.at(index);
        return `${file.path}: ids ${start}–${end - 1}`;
      },
      column: (name) => columnOf(name, windows, documents),
      fingerprint: () => fingerprintFiles([file.path]),
      share: () => file,
      close: () => reader.close(),
    };
  },
  inputs: async ({ tokenizer }, context): Promise<SourceInputs | undefined> =>
    tokenizer && textInputs(await openTokenizer(tokenizer, context)),
});

async function opened(
  { texts, document, tokenizer, folder, path, dtype }: Options,
  context: PluginContext,
  logger: Logger,
): Promise<TokenFile> {
  const absolute = (name: string) => resolve(fileURLToPath(context.baseUrl), name);
  const made = tokenizer && (await openTokenizer(tokenizer, context));
  if (path !== undefined) {
    const file = openTokens(absolute(path), dtype);
    return { ...file, vocabulary: file.vocabulary ?? made?.vocabulary };
  }
  if (texts === undefined || tokenizer === undefined || made === undefined)
    throw new TypeError("checked by the schema");
  const paths = await textFiles([texts].flat().map(absolute));
  const from = { paths, unit: document, use: tokenizer, tokenizer: made, folder: absolute(folder), logger };
  return openTokens(await tokenFileOf(from), undefined);
}

/** Windows that are too few, and ids that are in none. Errors: OPTION_INVALID. */
function tell(
  { length, left }: Windows,
  { path, count, ends }: TokenFile,
  { window, documents }: Options,
  logger: Logger,
): void {
  if (length === 0) {
    throw new MillraceError(
      "OPTION_INVALID",
      `a window must have no more ids than ${documents === "within" ? "a document" : "the file"}, was ${window}, but ${path} has ${count} ids in ${ends.length} documents`,
      {
        hint: 'Make `window` smaller, or set `remainder` to "keep".',
        path: ["window"],
      },
    );
  }
  if (left > 0)
    logger.info({ left, of: count }, `${left} of ${count} token ids are in no window: they are no whole one`);
}

function columnOf(name: string, windows: Windows, documents: Options["documents"]): Float64Array | undefined {
  const values = (of: (index: number) => number) =>
    Float64Array.from({ length: windows.length }, (_, index) => of(index));
  if (name === "document" && documents === "within") return values((index) => windows.documentOf(index));
  if (name !== "length") return undefined;
  return values((index) => {
    const { start, end } = windows.at(index);
    return end - start;
  });
}

interface Reader {
  read(span: Span): Int32Array;
  close(): void;
}

/** Reads ids where they lie: the system keeps what is read often in memory, once for all threads. */
function readerOf({ path, type, offset }: TokenFile): Reader {
  const { bytes } = idTypes[type];
  const Ids = type === "uint16" ? Uint16Array : Int32Array;
  let file: number | undefined;
  let page = new ArrayBuffer(0);
  return {
    read({ start, end }) {
      const length = end - start;
      if (page.byteLength < length * bytes) page = new ArrayBuffer(length * bytes);
      try {
        file ??= openSync(path, "r");
        let read = 0;
        while (read < length * bytes) {
          const view = new Uint8Array(page, read, length * bytes - read);
          const more = readSync(file, view, 0, view.length, offset + start * bytes + read);
          if (more === 0) throw shorter(path);
          read += more;
        }
      } catch (error) {
        throw fileFault(error, path, "cannot be read");
      }
      return Int32Array.from(new Ids(page, 0, length));
    },
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

function shorter(path: string): MillraceError {
  return new MillraceError(
    "FILE_FORMAT",
    `the token file ${path} must stay as it is while it is read, but became shorter`,
    {
      hint: "Start again when nobody writes to it any more.",
    },
  );
}
