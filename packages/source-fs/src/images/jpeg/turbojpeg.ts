/** The door to libjpeg-turbo, the fast JPEG decoder: the system's, else that of an npm package; found once per thread. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type Koffi, findKoffi, isMusl, type JpegLibrary, type Missing, required } from "./library.js";

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
const npmPackage = "@julusian/jpeg-turbo";
const commands: Readonly<Record<string, string>> = {
  win32: "winget install libjpeg-turbo.libjpeg-turbo.VC",
};

let found: JpegLibrary | Missing | undefined;

/** libjpeg-turbo where koffi and the library are there; else what is missing. */
export function findTurboJpeg(): JpegLibrary | Missing {
  found ??= search();
  return found;
}

/** libjpeg-turbo. Errors: PACKAGE_MISSING, with the command that adds it. */
export function turboJpeg(): JpegLibrary {
  return required("turbojpeg", findTurboJpeg());
}

function search(): JpegLibrary | Missing {
  const koffi = findKoffi();
  if ("missing" in koffi) return koffi;
  const ofSystem = (names[process.platform] ?? names.linux).map((path) => ({
    path,
    from: `the system has it (${path})`,
  }));
  const ofPackage = packagedTurboJpeg().map((path) => ({ path, from: `the package ${npmPackage} has it` }));
  for (const { path, from } of [...ofSystem, ...ofPackage]) {
    try {
      return loadTurboJpeg(koffi, path, from);
    } catch {
      // Not under this name: the next one.
    }
  }
  return {
    missing: `neither the system nor the package ${npmPackage} has a libturbojpeg that can be loaded`,
    command: commands[process.platform] ?? `npm install ${npmPackage}`,
  };
}

/**
 * The library's file in the npm package that ships it. On Linux it stands beside the package's binding; on macOS the binding
 * holds it and exports its functions; on Windows it holds it and exports none.
 */
export function packagedTurboJpeg(): readonly string[] {
  const { platform, arch } = process;
  if (platform !== "linux" && platform !== "darwin") return [];
  try {
    const home = dirname(createRequire(import.meta.url).resolve(`${npmPackage}/package.json`));
    const folder = `jpeg-turbo-${platform}-${arch}${isMusl() ? "-musl" : ""}`;
    const file = platform === "linux" ? "libturbojpeg.so.0" : "node-napi-v7.node";
    return [join(home, "prebuilds", folder, file)];
  } catch {
    return []; // The package is optional.
  }
}

/** The library in one file. Throws what koffi throws if it is not there, or is something else. */
export function loadTurboJpeg(koffi: Koffi, library: string, from: string): JpegLibrary {
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
    from,
    decode(file, target, { width, height }) {
      const handle = opened();
      try {
        return decompress(...call(handle, file, target, width, height)) === 0;
      } finally {
        destroy(handle);
      }
    },
    decodeAsync: (file, target, { width, height }) =>
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
