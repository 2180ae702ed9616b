/** koffi, by which the library's functions are called. */
import { MillraceError, messageOf } from "@millrace/core";

/** A C function: called here, or on one of libuv's threads. */
export type Native = ((...values: readonly unknown[]) => number) & {
  async(...values: readonly unknown[]): void;
};

/** A loaded library. */
export interface NativeLibrary {
  func(definition: string): Native;
  /** Where a variable of the library lies. */
  symbol(name: string): bigint;
}

/** The part of koffi that is used. */
export interface Koffi {
  load(path: string, options: { readonly global: boolean }): NativeLibrary;
  config(): KoffiSettings;
  config(settings: Partial<KoffiSettings>): KoffiSettings;
}

interface KoffiSettings {
  readonly async_stack_size: number;
}

/** What functions called on a thread of libuv's may use of the stack: UCX needs more than koffi's 128 KiB. */
const stackBytes = 4 * 2 ** 20;

/** koffi. Errors: PACKAGE_MISSING. */
export async function loadKoffi(): Promise<Koffi> {
  try {
    const { default: koffi } = (await import("koffi")) as unknown as { default: Koffi };
    return koffi;
  } catch (cause) {
    const why = messageOf(cause).split("\n")[0];
    throw new MillraceError(
      "PACKAGE_MISSING",
      `MPI is called through koffi, which cannot be loaded: ${why}`,
      {
        hint: "install it for this system with `npm install koffi`",
        cause,
      },
    );
  }
}

/**
 * Gives calls on other threads stack enough. False where koffi does not allow it any more, for it has loaded a
 * library before: MPI must then be called on the main thread alone.
 */
export function widenStacks(koffi: Koffi): boolean {
  if (koffi.config().async_stack_size >= stackBytes) return true;
  try {
    koffi.config({ async_stack_size: stackBytes });
    return true;
  } catch {
    return false;
  }
}
