/** What a native library of JPEG does for us, whichever it is, and koffi, through which all of them are called. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { MillraceError, messageOf } from "@millrace/core";

/** A library that decodes JPEG files, loaded. All of them give the same pixels, bit for bit. */
export interface JpegLibrary {
  /** The file it was loaded from, as the system knows it. */
  readonly library: string;
  /** Whose it is, as the end of the sentence "JPEG files are decoded by … :". */
  readonly from: string;
  /**
   * Decodes into `target`, [height, width, 3] in RGB, at the scale that gives this size: 1, 1/2, 1/4 or 1/8 of the file's
   * own, rounded up. False for a file that it cannot decode or so much as warns of.
   */
  decode(file: Buffer, target: Uint8Array, size: DecodedSize): boolean;
  /** The same on libuv's threads; `target` must stay untouched meanwhile. */
  decodeAsync(file: Buffer, target: Uint8Array, size: DecodedSize): Promise<boolean>;
}

/** The size at which a file is decoded, and the scale that gives it. */
export interface DecodedSize {
  readonly width: number;
  readonly height: number;
  readonly scale: 1 | 2 | 4 | 8;
}

/** Why there is none, and the command that adds what is missing. */
export interface Missing {
  readonly missing: string;
  readonly command: string;
}

/** A C function. */
export type Native = ((...values: readonly unknown[]) => unknown) & {
  async(...values: readonly unknown[]): void;
};

/** A library's functions, by their declarations in C. */
export interface NativeLibrary {
  func(definition: string): Native;
}

/** The part of koffi that is used. */
export interface Koffi {
  load(path: string): NativeLibrary;
  /** The memory at `pointer`, not copied: good until it is freed. */
  view(pointer: unknown, length: number): ArrayBuffer;
}

/** koffi, or why it cannot be loaded. */
export function findKoffi(): Koffi | Missing {
  try {
    return createRequire(import.meta.url)("koffi") as Koffi;
  } catch (cause) {
    const reason = messageOf(cause).split("\n")[0];
    return { missing: `koffi cannot be loaded (${reason})`, command: "npm install koffi" };
  }
}

/** `found`, if it is there. Errors: PACKAGE_MISSING, with the command that adds it. */
export function required(decoder: string, found: JpegLibrary | Missing): JpegLibrary {
  if ("library" in found) return found;
  throw new MillraceError("PACKAGE_MISSING", `decoder "${decoder}" is not there: ${found.missing}`, {
    hint: `Run \`${found.command}\`, or set \`decoder\` to "sharp".`,
  });
}

/** True where the C library is musl: packages then bring other files. */
export function isMusl(): boolean {
  return process.platform === "linux" && existsSync("/etc/alpine-release");
}
