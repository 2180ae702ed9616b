/** Whole files below a folder, as bytes or as texts. */
import { extname, join } from "node:path";
import {
  checkIndex,
  classLabels,
  type Dataset,
  defineSource,
  fingerprintFiles,
  MillraceError,
  readWhole,
  pathOption,
} from "@millrace/core";
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
  /** The index of its class. */
  readonly label?: number;
}

/** What threads are given; the paths lie in shared memory. */
interface Shared {
  readonly paths: PackedText;
  readonly labels?: Int32Array;
  readonly classes?: readonly string[];
  readonly endings: readonly string[];
}

const patterns = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

export default defineSource({
  name: "files",
  summary: "whole files below a folder, as bytes or as texts",
  options: z.strictObject({
    root: pathOption()
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
    label: z
      .enum(["folder"])
      .optional()
      .describe(
        "folder: a file's class is the first folder of its path, as torchvision's DatasetFolder has it, and its index the `label`; by default samples have none",
      ),
    text: z
      .boolean()
      .default(false)
      .describe("give the content as `text`, which must be UTF-8, instead of as `bytes`"),
    allowOutside: allowOutsideOption,
  }),
  async create(options, { baseUrl, facts, shared: given }): Promise<Dataset<FilesSample>> {
    const root = inputPath(options.root, baseUrl);
    const found = async (): Promise<Shared> => {
      const paths = await listFiles(root, options);
      return { ...opened(paths), ...(options.label && labelled(paths, root, facts?.labels)) };
    };
    const shared = (given as Shared | undefined) ?? (await found());
    const { labels, classes } = shared;
    const length = shared.paths.starts.length - 1;
    const pathOf = unpacked(shared.paths);
    const sampleOf = (index: number, path: string, file: string, content: Buffer): FilesSample => {
      const bytes = new Uint8Array(content.buffer, content.byteOffset, content.length);
      const label = labels && { label: labels[index] };
      return options.text ? { path, text: textIn(bytes, file), ...label } : { path, bytes, ...label };
    };
    return {
      length,
      facts: { endings: shared.endings, ...(classes && { labels: classes }) },
      fields: {
        path: { type: "text" },
        ...(options.text ? { text: { type: "text" } } : { bytes: { type: "bytes" } }),
        ...(labels && { label: { type: "int32" } }),
      },
      get(index) {
        const path = pathOf(checkIndex(index, length));
        const file = join(root, path);
        const read = readIfThere(file);
        if (read instanceof Buffer) return sampleOf(index, path, file, read);
        // What cannot be read says why at the second try.
        return Promise.resolve(read).then(async (bytes) =>
          sampleOf(index, path, file, bytes ?? (await readWhole(file))),
        );
      },
      key: pathOf,
      column(name) {
        if (name === "label") return labels;
        return name === "path" ? Array.from({ length }, (_, index) => pathOf(index)) : undefined;
      },
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

/** The first folder of each path as its class. Errors: FILE_FORMAT for a file in none, LABEL_UNKNOWN. */
function labelled(
  paths: readonly string[],
  root: string,
  known: readonly string[] | undefined,
): Required<Pick<Shared, "labels" | "classes">> {
  const names = paths.map((path) => {
    const end = path.indexOf("/");
    if (end > 0) return path.slice(0, end);
    throw new MillraceError("FILE_FORMAT", `a file must lie in the folder of its class, but one does not`, {
      where: [join(root, path)],
      hint: "Move it, leave it out by `ignore` or `patterns`, or do without `label`.",
    });
  });
  const { labels: classes, indexOf } = classLabels(new Set(names), known);
  const labels = new Int32Array(new SharedArrayBuffer(4 * names.length));
  for (const [i, name] of names.entries()) labels[i] = indexOf(name, () => join(root, paths[i]));
  return { labels, classes };
}
