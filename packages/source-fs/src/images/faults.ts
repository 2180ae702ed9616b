/** Why a picture cannot be decoded, or what is odd about it, in words that need no library's manual. */
import { open, stat } from "node:fs/promises";
import { MillraceError, messageOf } from "@millrace/core";

/** The start of a library's message, and what it comes to. */
const words: readonly (readonly [RegExp, string])[] = [
  [
    /premature end of JPEG|Unexpected end|bad seek|Extent in iloc|TIFFFillStrip|Read error/i,
    "the file ends too early",
  ],
  [/is empty/i, "the file is empty"],
  [/libpng read error|unable to parse image/i, "its data are damaged, or the file ends too early"],
  [/Invalid SOS parameters/i, "its scan header is not that of a baseline JPEG"],
];
/** What libraries put before their words. */
const prefixes =
  /^(Vips\w+: |vipspng: |Input (file|buffer) has corrupt header: |Warning treated as error.*|\w+load: |webp: |heif: )/;

/** Kinds by their first bytes, or those after the first four, of which sharp's own packages read none. */
const unread: readonly (readonly [kind: string, at: 0 | 4, start: string])[] = [
  ["BMP", 0, "BM"],
  ...[1, 2, 3, 4, 5, 6].map((n) => ["PNM (PBM, PGM, PPM)", 0, `P${n}`] as const),
  ["JPEG XL", 0, "\xff\x0a"],
  ["JPEG XL", 4, "JXL "],
  ["JPEG 2000", 0, "\xff\x4f\xff\x51"],
  ["JPEG 2000", 4, "jP  "],
  ["HEIC", 4, "ftyphei"],
  ["HEIC", 4, "ftypmif1"],
];
/** Kinds that are read, if they are whole. */
const readable = ["II*\0", "MM\0*", "\x89PNG", "\xff\xd8\xff", "GIF8", "RIFF"];

/** The first telling line of what a decoder said, in plain words. */
export function reasonOf(name: string, cause: unknown): string {
  const text = messageOf(cause).replaceAll(`${name}: `, "");
  // Of TIFF, behind which each read fails too.
  const [, compression] = /(\S+) compression support is not configured/.exec(text) ?? [];
  if (compression !== undefined) return `its compression, ${compression}, cannot be read`;
  const known = words.find(([said]) => said.test(text));
  if (known !== undefined) return known[1];
  for (const line of text.split("\n")) {
    let rest = line;
    while (prefixes.test(rest)) rest = rest.replace(prefixes, "");
    if (rest.trim() !== "") return rest.trim();
  }
  return "its data are damaged";
}

/**
 * The error for an image that does not decode: FILE_FORMAT, or FILE_NOT_FOUND where nobody has read its `content` and there is no
 * file of this name.
 */
export async function decodeFault(
  name: string,
  content: Buffer | undefined,
  cause: unknown,
): Promise<MillraceError> {
  const found = content === undefined ? await stat(name).catch(() => undefined) : undefined;
  if (content === undefined && !found?.isFile()) {
    const what = found === undefined ? "is no longer there, or cannot be read" : "is a folder";
    return new MillraceError("FILE_NOT_FOUND", `an image file ${what}`, { where: [name], cause });
  }
  const head = content === undefined ? await headOf(name) : content.toString("latin1", 0, headBytes);
  const { reason, hint } = faultIn(name, head, cause);
  return new MillraceError("FILE_FORMAT", `an image must decode without faults, but: ${reason}`, {
    where: [name],
    cause,
    hint,
  });
}

/** The error for an image of more pixels than are allowed; `size` is its own, where it is known. */
export function tooManyPixels(
  name: string,
  maxPixels: number,
  size?: { readonly width: number; readonly height: number },
): MillraceError {
  const had = size === undefined ? "has more" : `would have ${size.width} × ${size.height}`;
  return new MillraceError(
    "FILE_FORMAT",
    `an image must have at most ${maxPixels.toLocaleString("en")} pixels, but ${had}`,
    {
      where: [name],
      hint: "Replace or remove the file, or raise `maxPixels` if it is as large as it should be.",
    },
  );
}

/** The error for an image that claims a size which its file has no room for. */
export function morePixelsThanBytes(
  name: string,
  { width, height }: { readonly width: number; readonly height: number },
  bytes: number,
): MillraceError {
  const claim = `it claims ${width} × ${height} pixels, more than its ${bytes} bytes can hold`;
  return new MillraceError("FILE_FORMAT", `an image must decode without faults, but: ${claim}`, {
    where: [name],
    hint: "Replace or remove the file.",
  });
}

function faultIn(name: string, head: string, cause: unknown): { reason: string; hint: string } {
  const hint = "Replace or remove the file.";
  if (!/unsupported image format/i.test(messageOf(cause))) return { reason: reasonOf(name, cause), hint };
  if (head.length === 0) return { reason: "the file is empty", hint };
  const kind = unread.find(([, at, start]) => head.startsWith(start, at))?.[0];
  if (kind !== undefined) {
    return { reason: `it is a ${kind} file, which cannot be read`, hint: "Convert it, to PNG for example." };
  }
  if (readable.some((start) => head.startsWith(start))) {
    return { reason: "its data are damaged, or the file ends too early", hint };
  }
  return {
    reason: "it is no image file of a kind that can be read (JPEG, PNG, WebP, TIFF, GIF, AVIF)",
    hint,
  };
}

const headBytes = 16;

async function headOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return buffer.toString("latin1", 0, bytesRead);
  } catch {
    return "";
  } finally {
    await file.close();
  }
}
