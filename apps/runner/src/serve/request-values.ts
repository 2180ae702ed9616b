/** Values that somebody sends: files come as their content, and nothing may name a file of this machine. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type FieldTypes, MillraceError } from "@millrace/core";

type Values = Readonly<Record<string, unknown>>;

/** Where files that were sent are kept while they are asked about. */
export interface Uploads {
  readonly folder: string;
  count: number;
}

/**
 * The values with the content of files, as data URLs have it, in files of `uploads`. Text that a sample keeps as text may be
 * anything; any other that is a path out of the uploads' folder is refused, whether there is such a file or not.
 * @throws MillraceError INPUT_INVALID
 */
export async function receivedValues(values: Values, fields: FieldTypes, uploads: Uploads): Promise<Values> {
  const received: [string, unknown][] = [];
  for (const [key, value] of Object.entries(values)) {
    const type = fields[key]?.type;
    const isContent = key !== "path" && (type === "text" || type === "bytes");
    received.push([key, isContent ? value : await receivedValue(value, key, uploads)]);
  }
  return Object.fromEntries(received);
}

async function receivedValue(value: unknown, key: string, uploads: Uploads): Promise<unknown> {
  if (typeof value === "string") {
    const content = contentOf(value, key);
    if (content !== undefined) return upload(content.bytes, content.ending, uploads);
    if (leavesFolder(value)) throw notSent(key);
    return value;
  }
  if (!Array.isArray(value) || value.every((item) => typeof item === "number")) return value;
  return Promise.all(value.map((item) => receivedValue(item, key, uploads)));
}

/** Keeps what was sent under a name with this ending; the name. */
export async function upload(bytes: Uint8Array, ending: string, uploads: Uploads): Promise<string> {
  const path = join(uploads.folder, `upload-${++uploads.count}${ending}`);
  await writeFile(path, bytes);
  return path;
}

interface Content {
  readonly bytes: Uint8Array;
  readonly ending: string;
}

/** `data:image/png;base64,…` */
function contentOf(text: string, key: string): Content | undefined {
  if (!text.startsWith("data:")) return undefined;
  const comma = text.indexOf(",");
  const head = text.slice("data:".length, Math.max(comma, 0)).split(";");
  const content = text.slice(comma + 1).replaceAll(/\s+/g, "");
  if (comma < 0 || head.at(-1) !== "base64" || !/^[A-Za-z0-9+/]*={0,2}$/.test(content)) {
    throw new MillraceError("INPUT_INVALID", `"${key}" must be a data URL in base64, was none`, {
      hint: "Such as data:image/png;base64,iVBORw0…",
    });
  }
  return { bytes: Buffer.from(content, "base64"), ending: endingOf(head[0]) };
}

function leavesFolder(text: string): boolean {
  return /^(?:[/\\]|[a-z]:[/\\]|file:)|(?:^|[/\\])\.\.(?:[/\\]|$)|\0/i.test(text);
}

function notSent(key: string): MillraceError {
  return new MillraceError("INPUT_INVALID", `"${key}" must be what is asked about, not the path of a file`, {
    hint: "Send the file's content: as the body, or here as a data URL in base64.",
  });
}

/** The endings of files by the types under which they are sent. */
const endings: Readonly<Record<string, string>> = {
  "text/csv": ".csv",
  "text/tab-separated-values": ".tsv",
  "image/jpeg": ".jpg",
  "image/tiff": ".tif",
  "image/x-portable-pixmap": ".ppm",
  "image/x-portable-graymap": ".pgm",
  "audio/wave": ".wav",
  "audio/x-wav": ".wav",
  "audio/vnd.wave": ".wav",
  "application/x-tar": ".tar",
  "application/vnd.apache.parquet": ".parquet",
  "application/vnd.apache.arrow.file": ".arrow",
};

/** `.png` for `image/png`; "" for what says nothing. */
export function endingOf(type: string): string {
  const [, kind, name = ""] = /^(\w+)\/([\w.+-]+)/.exec(type.toLowerCase()) ?? [];
  return endings[`${kind}/${name}`] ?? (kind === "image" || kind === "audio" ? `.${name}` : "");
}
