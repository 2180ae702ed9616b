/**
 * The door to the libvips that sharp brings, called without sharp: it decodes a JPEG file at reduced scale and nothing else,
 * which costs about half of sharp's pipeline. sharp is loaded first: it starts libvips, and says which of its warnings go where.
 */
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { messageOf } from "@millrace/core";
import { jpegHeader } from "./header.js";
import {
  type DecodedSize,
  findKoffi,
  isMusl,
  type JpegLibrary,
  type Koffi,
  type Missing,
  type NativeLibrary,
  required,
} from "./library.js";

// libvips's C interface as it has been since 8.9. The functions take names and values of options, up to a null.
const declarations = {
  version: "const char *vips_version_string()",
  open: "void *vips_image_new_from_buffer(void *file, size_t length, const char *options, ...)",
  width: "int vips_image_get_width(void *image)",
  height: "int vips_image_get_height(void *image)",
  bands: "int vips_image_get_bands(void *image)",
  format: "int vips_image_get_format(void *image)",
  write: "void *vips_image_write_to_memory(void *image, _Out_ size_t *size)",
  clearError: "void vips_error_clear()",
  release: "void g_object_unref(void *image)",
  free: "void g_free(void *memory)",
};
/** VIPS_FORMAT_UCHAR. */
const formatOfBytes = 0;

/** An image of libvips, and the bytes that it reads from as long as it is there. */
interface Opened {
  readonly image: unknown;
  readonly file: Buffer;
}

type Sharp = Pick<typeof import("sharp").default, "concurrency" | "cache" | "versions">;
type Functions = Readonly<Record<keyof typeof declarations, ReturnType<NativeLibrary["func"]>>>;

let found: JpegLibrary | Missing | undefined;

/** sharp's libvips where it and koffi are there; else what is missing. */
export function findLibvips(): JpegLibrary | Missing {
  found ??= search();
  return found;
}

/** sharp's libvips. Errors: PACKAGE_MISSING, with the command that adds it. */
export function libvips(): JpegLibrary {
  return required("libvips", findLibvips());
}

function search(): JpegLibrary | Missing {
  const koffi = findKoffi();
  if ("missing" in koffi) return koffi;
  const command = "npm install --include=optional sharp";
  const require = createRequire(import.meta.url);
  try {
    const sharp = require("sharp") as Sharp;
    // One thread for each file that is decoded, as in all that is done with sharp; and nothing kept.
    sharp.concurrency(1);
    sharp.cache(false);
    const path = libraryBeside(createRequire(require.resolve("sharp")));
    if (path === undefined) return { missing: "sharp's package of libvips is not installed", command };
    return loaded(koffi, path, sharp.versions.vips);
  } catch (cause) {
    const reason = messageOf(cause).split("\n")[0];
    return { missing: `sharp's libvips cannot be loaded (${reason})`, command };
  }
}

/** The file that sharp itself has loaded: a package of its own, or on Windows part of sharp's binary package. */
function libraryBeside(require: NodeJS.Require): string | undefined {
  const { platform, arch } = process;
  const isWindows = platform === "win32";
  const system = isMusl() ? "linuxmusl" : platform;
  const name = isWindows ? `@img/sharp-win32-${arch}` : `@img/sharp-libvips-${system}-${arch}`;
  try {
    const folder = join(dirname(require.resolve(`${name}/package`)), "lib");
    const file = readdirSync(folder).find((each) =>
      isWindows ? each === "libvips-42.dll" : each.startsWith("libvips-cpp."),
    );
    return file === undefined ? undefined : join(folder, file);
  } catch {
    return undefined; // sharp was built against the system's libvips, or runs in WebAssembly.
  }
}

function loaded(koffi: Koffi, library: string, version: string): JpegLibrary {
  const handles = koffi.load(library);
  const functions = Object.fromEntries(
    Object.entries(declarations).map(([name, definition]) => [name, handles.func(definition)]),
  ) as unknown as Functions;
  // A second libvips in the process would be one that nobody has started.
  const own = String(functions.version());
  if (own !== version && !own.startsWith(`${version}-`))
    throw new Error(`it is ${own}, and sharp runs ${version}`);
  return {
    library,
    from: "sharp has it in libvips, which is called directly",
    decode(file, target, size) {
      const image = opened(functions, file, size);
      if (image === undefined) return false;
      try {
        const written: [number] = [0];
        return taken(koffi, functions, functions.write(image.image, written), written[0], target);
      } finally {
        functions.release(image.image);
      }
    },
    decodeAsync: (file, target, size) =>
      new Promise((resolve, reject) => {
        const started = opened(functions, file, size);
        if (started === undefined) {
          resolve(false);
          return;
        }
        const { image, file: bytes } = started;
        const written: [number] = [0];
        const done = (error: Error | null, pixels: unknown): void => {
          const isDone = error === null && taken(koffi, functions, pixels, written[0], target);
          functions.release(image);
          // Named here, the file stays in memory until libvips has let go of it.
          if (error === null) resolve(isDone && bytes.length > 0);
          else reject(error);
        };
        functions.write.async(image, written, done);
      }),
  };
}

/**
 * The file's header, read; its pixels are made when they are written, from the bytes given back. Undefined for what is not
 * of the size expected.
 */
function opened(
  functions: Functions,
  file: Buffer,
  { width, height, scale }: DecodedSize,
): Opened | undefined {
  const whole = withWholeBlocks(file, scale);
  // Any warning is an error, as sharp is told first; sequential: a few lines at a time, and the whole once, where it is written.
  const options = `[shrink=${scale},fail_on=warning,access=sequential]`;
  const image = functions.open(whole, whole.length, options, "void *", null);
  if (image === null) {
    functions.clearError();
    return undefined;
  }
  const bands = functions.bands(image);
  const isExpected =
    functions.width(image) === width &&
    functions.height(image) === height &&
    functions.format(image) === formatOfBytes &&
    (bands === 1 || bands === 3);
  if (isExpected) return { image, file: whole };
  functions.release(image);
  return undefined;
}

/**
 * libvips leaves out a last pixel that the picture fills only in part, which libjpeg itself makes and we need. A picture that
 * claims to fill it has the same blocks of 8 × 8, and the same pixels up to there.
 */
function withWholeBlocks(file: Buffer, scale: number): Buffer {
  const header = scale === 1 ? undefined : jpegHeader(file);
  if (header === undefined) return file;
  const { sizeAt } = header;
  const [height, width] = [header.height, header.width].map((side) => Math.ceil(side / scale) * scale);
  if ((height === header.height && width === header.width) || Math.max(height, width) > 65_535) return file;
  const whole = Buffer.from(file);
  whole.writeUInt16BE(height, sizeAt);
  whole.writeUInt16BE(width, sizeAt + 2);
  return whole;
}

/** Copies what was written into `target`, and frees it. False if nothing was written. */
function taken(
  koffi: Koffi,
  functions: Functions,
  pixels: unknown,
  bytes: number,
  target: Uint8Array,
): boolean {
  if (pixels === null) {
    functions.clearError();
    return false;
  }
  try {
    const written = new Uint8Array(koffi.view(pixels, bytes));
    if (bytes === target.length) target.set(written);
    else if (bytes * 3 === target.length) fillGray(written, target);
    else return false;
    return true;
  } finally {
    functions.free(pixels);
  }
}

function fillGray(gray: Uint8Array, target: Uint8Array): void {
  for (let i = 0, j = 0; i < gray.length; i++) {
    const value = gray[i];
    target[j++] = value;
    target[j++] = value;
    target[j++] = value;
  }
}
