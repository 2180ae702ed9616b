/** Whole files below a folder, as bytes or as texts. */
import { extname, join } from "node:path";
import { checkIndex, type Dataset, defineSource, fingerprintFiles, readWhole } from "@millrace/core";
import { z } from "zod";
import { type FileContent, fileInputs, textIn } from "../files/inputs.js";
import { listFiles } from "../files/list.js";
import { inputPath } from "../files/open.js";
import { readIfThere } from "../files/read-if-there.js";
import { allowOutsideOption } from "../files/within.js";
import { type PackedText, packText, unpacked } from "../memory/packed-text.js";

/** The path of a file, relative to the root, and what it holds: a text, or bytes. */
export interface FilesSample extends FileContent {
  readonly path: string;
}

/** What threads are given; the paths lie in shared memory. */
interface Shared {
  readonly paths: PackedText;
  readonly endings: readonly string[];
}

const patterns = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

export default defineSource({
  name: "files",
  summary: "whole files below a folder, as bytes or as texts",
  options: z.strictObject({
    root: z
      .string()
      .min(1)
      .default(".")
      .describe(
        "folder of the files, relative to the spec; some 50 bytes a file are held once for all threads",
      ),
    patterns: patterns
      .default("**/*")
      .describe(
        'which files, as paths relative to the root: `*` for a part of a name, `**` for folders of any depth, {a,b} for either, as in "**/*.{wav,flac}"; a list of patterns takes the files of any',
      ),
    ignore: z
      .union([z.string().min(1), z.array(z.string().min(1))])
      .default([])
      .describe("patterns of files and folders that are left out"),
    dot: z.boolean().default(false).describe("take names that begin with a dot too"),
    text: z
      .boolean()
      .default(false)
      .describe("give the content as `text`, which must be UTF-8, instead of as `bytes`"),
    allowOutside: allowOutsideOption,
  }),
  async create(options, { baseUrl, shared: given }): Promise<Dataset<FilesSample>> {
    const root = inputPath(options.root, baseUrl);
    const shared = (given as Shared | undefined) ?? opened(await listFiles(root, options));
    const length = shared.paths.starts.length - 1;
    const pathOf = unpacked(shared.paths);
    const sampleOf = (path: string, file: string, { buffer, byteOffset, length }: Buffer): FilesSample => {
      const bytes = new Uint8Array(buffer, byteOffset, length);
      return options.text ? { path, text: textIn(bytes, file) } : { path, bytes };
    };
    return {
      length,
      facts: { endings: shared.endings },
      fields: {
        path: { type: "text" },
        ...(options.text ? { text: { type: "text" } } : { bytes: { type: "bytes" } }),
      },
      get(index) {
        const path = pathOf(checkIndex(index, length));
        const file = join(root, path);
        const read = readIfThere(file);
        if (read instanceof Buffer) return sampleOf(path, file, read);
        // What cannot be read says why at the second try.
        return Promise.resolve(read).then(async (bytes) =>
          sampleOf(path, file, bytes ?? (await readWhole(file))),
        );
      },
      key: pathOf,
      column: (name) => (name === "path" ? Array.from({ length }, (_, index) => pathOf(index)) : undefined),
      fingerprint: () => fingerprintFiles(Array.from({ length }, (_, index) => join(root, pathOf(index)))),
      share: () => shared,
    };
  },
  inputs: ({ text }, { facts }) => fileInputs(text, (facts.endings as readonly string[] | undefined) ?? []),
});

function opened(paths: readonly string[]): Shared {
  const endings = new Set<string>();
  for (const path of paths) endings.add(path.slice(path.lastIndexOf(".")));
  const known = [...endings]
    .map((ending) => extname(`x${ending}`).toLowerCase())
    .filter((each) => each !== "");
  return { paths: packText(paths), endings: [...new Set(known)].sort() };
}
