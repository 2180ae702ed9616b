/** Image folders whose files a table names, with the answers beside them. */
import { dirname } from "node:path";
import type {
  ColumnsOption,
  Dataset,
  DatasetFacts,
  ImageOptions,
  Logger,
  SourceInputs,
} from "@millrace/core";
import { openCsv } from "../csv/dataset.js";
import { csvInputs } from "../csv/inputs.js";
import { csvOptions, fieldsOf } from "../csv/options.js";
import { inputPath } from "../files/open.js";
import { imageExtensions } from "../images/image-inputs.js";
import { imageReader, shareImages } from "../images/image-reader.js";
import { jsonInputs } from "../json/inputs.js";
import { jsonLines, usualLineBytes } from "../json/lines-format.js";
import { openJson } from "../json/open.js";
import type { Where } from "../lines/where.js";
import { requireFiles } from "./require-files.js";

export interface ManifestOptions extends ImageOptions {
  /** CSV or JSON Lines. */
  readonly manifest: string;
  /** Where its paths start; its own folder if left out. */
  readonly root?: string | undefined;
  readonly columns?: ColumnsOption | undefined;
  readonly where: Where;
  readonly allowOutside: boolean;
}

interface ManifestContext {
  readonly baseUrl: URL;
  readonly facts?: DatasetFacts | undefined;
  readonly shared?: unknown;
  readonly logger: Logger;
}

/** One row: its image, its label, or whatever fields were asked for. */
export type ManifestSample = Readonly<Record<string, unknown>>;

const usualColumns: ColumnsOption = { image: { type: "image", from: "path" }, label: "class" };
const jsonUsual = { missing: [], maxUnzippedBytes: 2 ** 30 };

/**
 * The rows in their order; keys are file and line. Every image is looked for, by the main thread. Errors: FILE_NOT_FOUND,
 * FILE_FORMAT, FILE_OUTSIDE, OPTION_INVALID, LABEL_UNKNOWN.
 */
export async function openManifest(
  options: ManifestOptions,
  context: ManifestContext,
): Promise<Dataset<ManifestSample>> {
  const table = tableOf(options);
  const dataset: Dataset<ManifestSample> = isJsonLines(options.manifest)
    ? await openJson(jsonLines(usualLineBytes), { ...table, ...jsonUsual }, context)
    : await openCsv(csvOptions.parse(table), context);
  if (context.shared !== undefined) return dataset;
  try {
    const { root = dirname(options.manifest), allowOutside } = options;
    await requireFiles(dataset, inputPath(root, context.baseUrl), allowOutside);
    return dataset;
  } catch (error) {
    await dataset.close?.();
    throw error;
  }
}

/** Image files, which are samples without an answer, and rows of other manifests. */
export function manifestInputs(options: ManifestOptions, facts: DatasetFacts): SourceInputs {
  const table = tableOf(options);
  const settings = csvOptions.parse(table);
  const fields = fieldsOf(settings);
  const rows = isJsonLines(options.manifest)
    ? jsonInputs(jsonLines(usualLineBytes), { ...table, ...jsonUsual }, [".gz"], facts)
    : csvInputs(settings, fields, facts);
  const images = fields.filter(({ kind }) => kind === "image");
  if (images.length !== 1) return rows;
  const [{ field }] = images;
  const reader = imageReader(options, shareImages(options));
  return {
    ...rows,
    endings: [...imageExtensions, ...rows.endings],
    about: { ...rows.about, images: reader.about },
    read: (path) =>
      imageExtensions.some((ending) => path.toLowerCase().endsWith(ending))
        ? oneImage(path, { [field]: reader.image({ name: path }) })
        : rows.read(path),
  };
}

async function* oneImage(name: string, sample: object): AsyncGenerator<{ name: string; sample: object }> {
  yield { name, sample };
}

function isJsonLines(path: string): boolean {
  return /\.(?:jsonl|ndjson)(?:\.gz)?$/i.test(path);
}

/** The options of the source of tables that reads it. */
function tableOf({ manifest, root, columns = usualColumns, where, ...options }: ManifestOptions) {
  const { mode, background, autoOrient, decoder, reduce, maxPixels, onWarning } = options;
  const images = { mode, background, autoOrient, decoder, reduce, maxPixels, onWarning, root };
  return { path: manifest, columns, where, images };
}
