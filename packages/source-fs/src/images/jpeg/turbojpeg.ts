/** The door to libjpeg-turbo, the system's fast JPEG decoder: found and loaded once per thread, called through koffi. */
import { createRequire } from "node:module";
import { MillraceError, messageOf } from "@millrace/core";

/** libjpeg-turbo, loaded. */
export interface TurboJpeg {
  /** The file it was loaded from, as the system knows it. */
  readonly library: string;
  /**
   * Decodes into `target`, [height, width, 3] in RGB, at the scale that gives this size: 1, 1/2, 1/4 or 1/8 of the file's
   * own, rounded up. False for a file that it cannot decode or so much as warns of.
   */
  decode(file: Uint8Array, target: Uint8Array, width: number, height: number): boolean;
  /** The same on libuv's threads; `target` must stay untouched meanwhile. */
  decodeAsync(file: Uint8Array, target: Uint8Array, width: number, height: number): Promise<boolean>;
}

/** Why there is none, and the command that adds what is missing. */
export interface Missing {
  readonly missing: string;
  readonly command: string;
}

/** The part of koffi that is used. */
interface Koffi {
  load(path: string): { func(definition: string): Native };
}
type Native = ((...values: readonly unknown[]) => unknown) & {
  async(...values: readonly unknown[]): void;
};

// The interface of TurboJPEG 2, which libjpeg-turbo has had since 1.2 and kept in 3.
const declarations = {
  init: "void *tjInitDecompress()",
  destroy: "int tjDestroy(void *handle)",
  decompress:
    "int tjDecompress2(void *handle, void *file, unsigned long size, void *target, int width, int pitch, int height, int format, int flags)",
};
const pixelFormatRgb = 0;
/** ACCURATEDCT, as sharp and Pillow do; STOPONWARNING, as sharp is told to; LIMITSCANS against files made to take for ever. */
const flags = 4096 | 8192 | 32768;

const names: Readonly<Record<string, readonly string[]>> = {
  linux: [
    "libturbojpeg.so.0",
    "libturbojpeg.so",
    "/opt/libjpeg-turbo/lib64/libturbojpeg.so.0",
    "/opt/libjpeg-turbo/lib/libturbojpeg.so.0",
  ],
  darwin: [
    "libturbojpeg.dylib",
    "/opt/homebrew/opt/jpeg-turbo/lib/libturbojpeg.dylib",
    "/usr/local/opt/jpeg-turbo/lib/libturbojpeg.dylib",
    "/opt/local/lib/libturbojpeg.dylib",
    "/opt/libjpeg-turbo/lib/libturbojpeg.dylib",
  ],
  win32: [
    "turbojpeg.dll",
    String.raw`C:\libjpeg-turbo64\bin\turbojpeg.dll`,
    String.raw`C:\libjpeg-turbo-gcc64\bin\libturbojpeg.dll`,
  ],
};
const commands: Readonly<Record<string, string>> = {
  darwin: "brew install jpeg-turbo",
  win32: "winget install libjpeg-turbo.libjpeg-turbo.VC",
};

let found: TurboJpeg | Missing | undefined;

/** libjpeg-turbo where koffi and the library are there; else what is missing. */
export function findTurboJpeg(): TurboJpeg | Missing {
  found ??= search();
  return found;
}

/** libjpeg-turbo. Errors: PACKAGE_MISSING, with the command that adds it. */
export function turboJpeg(): TurboJpeg {
  const decoder = findTurboJpeg();
  if ("library" in decoder) return decoder;
  throw new MillraceError("PACKAGE_MISSING", `decoder "turbojpeg" is not there: ${decoder.missing}`, {
    hint: `Run \`${decoder.command}\`, or set \`decoder\` to "sharp".`,
  });
}

function search(): TurboJpeg | Missing {
  let koffi: Koffi;
  try {
    koffi = createRequire(import.meta.url)("koffi") as Koffi;
  } catch (cause) {
    const reason = messageOf(cause).split("\n")[0];
    return { missing: `koffi cannot be loaded (${reason})`, command: "npm install koffi" };
  }
  for (const library of names[process.platform] ?? names.linux) {
    try {
      return loaded(koffi, library);
    } catch {
      // Not under this name: the next one.
    }
  }
  const command = commands[process.platform] ?? "apt-get install libturbojpeg0";
  return { missing: "the system has no libturbojpeg", command };
}

function loaded(koffi: Koffi, library: string): TurboJpeg {
  const handles = koffi.load(library);
  const init = handles.func(declarations.init);
  const destroy = handles.func(declarations.destroy);
  const decompress = handles.func(declarations.decompress);
  const call = (handle: unknown, file: Uint8Array, target: Uint8Array, width: number, height: number) => {
    if (target.length !== width * height * 3) throw new RangeError(`target has ${target.length} bytes`);
    return [handle, file, file.length, target, width, 0, height, pixelFormatRgb, flags];
  };
  // A handle is no good for two at once, and costs a few microseconds: one for each image leaves nothing to look after.
  const opened = (): unknown => init() ?? failed();
  return {
    library,
    decode(file, target, width, height) {
      const handle = opened();
      try {
        return decompress(...call(handle, file, target, width, height)) === 0;
      } finally {
        destroy(handle);
      }
    },
    decodeAsync: (file, target, width, height) =>
      new Promise((resolve, reject) => {
        const handle = opened();
        const done = (error: Error | null, result: number): void => {
          destroy(handle);
          // Named here, both stay in memory until the decoder has let go of them.
          if (error === null) resolve(result === 0 && file.length > 0 && target.length > 0);
          else reject(error);
        };
        decompress.async(...call(handle, file, target, width, height), done);
      }),
  };
}

function failed(): never {
  throw new Error("libjpeg-turbo has no memory for a decoder");
}
