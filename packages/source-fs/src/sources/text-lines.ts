/** Text files: a line, or a window of lines, is a sample. */
import { setImmediate } from "node:timers/promises";
import { checkIndex, type Dataset, defineSource, MillraceError } from "@millrace/core";
import { z } from "zod";
import { findFiles } from "../files/find.js";
import { maxUnzippedOption, pathsOption } from "../lines/options.js";
import { indexRecords, type RecordIndex } from "../lines/record-index.js";
import { lineScanner } from "../lines/scan-lines.js";
import { textInputs } from "../lines/text-inputs.js";
import { windowTexts } from "../lines/window-texts.js";

/** One line without its end, or several with `\n` between them. */
export interface TextLinesSample {
  readonly text: string;
}

const options = z.strictObject({
  path: pathsOption("text"),
  window: z
    .int()
    .positive()
    .max(1_000_000)
    .default(1)
    .describe("lines of one sample, which never go beyond a file; the last ones of a file may be fewer"),
  stride: z
    .int()
    .positive()
    .optional()
    .describe(
      "lines from the start of one sample to that of the next; by default `window`, so that none overlap",
    ),
  skipBlank: z.boolean().default(false).describe("leave out lines that are empty or blanks alone"),
  encoding: z
    .literal("utf-8")
    .default("utf-8")
    .describe("text encoding of the files, with or without its mark"),
  maxLineBytes: z
    .int()
    .positive()
    .default(2 ** 24)
    .describe("most bytes of one line; a longer one is refused when the file is opened"),
  maxUnzippedBytes: maxUnzippedOption,
});

export default defineSource({
  name: "text-lines",
  summary: "lines of text files, or windows of several lines",
  options,
  async create(settings, { baseUrl, shared: given }): Promise<Dataset<TextLinesSample>> {
    const index = (given as RecordIndex | undefined) ?? (await opened(settings, baseUrl));
    const { length, textsAt, keyOf, close } = windowTexts(index, settings);
    const texts = (indices: readonly number[]): string[] => {
      for (const each of indices) checkIndex(each, length);
      return textsAt(indices);
    };
    return {
      length,
      fields: { text: { type: "text" } },
      facts: { fields: { text: { type: "text" } } },
      get: (index) => ({ text: texts([index])[0] }),
      getMany: (indices) => texts(indices).map((text) => ({ text })),
      getBatch: (indices) => ({ text: texts(indices) }),
      key: keyOf,
      column: (name) => (name === "text" ? allTexts(length, texts) : undefined),
      fingerprint: () => index.fingerprint,
      share: () => index,
      close,
    };
  },
  inputs: textInputs,
});

async function opened(
  { path, skipBlank, maxLineBytes, maxUnzippedBytes }: z.output<typeof options>,
  baseUrl: URL,
): Promise<RecordIndex> {
  const files = await findFiles(path, baseUrl, "path");
  const rules = { skipBlank, maxLineBytes };
  const index = await indexRecords(files, "path", maxUnzippedBytes, ({ name }, onRecord) =>
    lineScanner(name, rules, onRecord),
  );
  if (index.starts.length > 0) return index;
  const names = files.map(({ name }) => name).join(", ");
  throw new MillraceError("FILE_FORMAT", `there must be a line, but ${names} holds none`, {
    path: ["path"],
    hint: skipBlank ? "Blank lines are left out: set `skipBlank` to false." : "Name another file in `path`.",
  });
}

const atOnce = 1024;

/** One after the other, so that few bytes are held beside the texts themselves. */
async function allTexts(length: number, texts: (indices: readonly number[]) => string[]): Promise<string[]> {
  const all: string[] = [];
  for (let start = 0; start < length; start += atOnce) {
    const count = Math.min(atOnce, length - start);
    all.push(...texts(Array.from({ length: count }, (_, i) => start + i)));
    await setImmediate();
  }
  return all;
}
