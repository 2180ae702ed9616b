/**
 * Page-locked memory, so that a device can copy from it by itself: registered with CUDA where its driver is there, else
 * locked by the operating system. Both are reached through koffi, an optional dependency.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { messageOf } from "../../errors.js";

/** What locks memory, or why nothing does. */
export interface PageLock {
  readonly kind: "cuda" | "mlock" | "none";
  /** One clause for a person: why this kind, and its limit. */
  readonly reason: string;
  /** True if the memory is page-locked now. After a failure, `fault` says why. */
  lock(buffer: SharedArrayBuffer): boolean;
  /** To be called once for each `lock` that gave true, while the memory is still there. */
  unlock(buffer: SharedArrayBuffer): void;
  /** What the last `lock` that gave false failed of, and what to do about it. */
  readonly fault: string;
  close(): void;
}

/** The part of koffi that is used. */
interface Koffi {
  load(path: string | null): { func(definition: string): (...values: readonly unknown[]) => number };
  errno(): number;
  readonly os: { readonly errno: Readonly<Record<string, number>> };
}

/** Locks and unlocks a range of memory. */
interface Calls {
  /** Undefined, or what it failed of. */
  lock(memory: Uint8Array): string | undefined;
  unlock(memory: Uint8Array): void;
  close(): void;
}

/** What of this system page-locks memory. Never throws. */
export function openPageLock(): PageLock {
  let koffi: Koffi;
  try {
    koffi = createRequire(import.meta.url)("koffi") as Koffi;
  } catch (cause) {
    const why = messageOf(cause).split("\n")[0];
    return nothing(`koffi cannot be loaded (${why}); install it with \`npm install koffi\``);
  }
  let withoutCuda: string;
  try {
    return locking("cuda", "registered with the CUDA driver", cudaCalls(koffi));
  } catch (cause) {
    withoutCuda = messageOf(cause);
  }
  try {
    const { name, limit } = systemNames();
    const reason = `locked by ${name}, for CUDA is not to be had (${withoutCuda})${limit}`;
    return locking("mlock", reason, systemCalls(koffi));
  } catch (cause) {
    return nothing(`neither CUDA (${withoutCuda}) nor the system (${messageOf(cause)}) can do it`);
  }
}

function locking(kind: "cuda" | "mlock", reason: string, calls: Calls): PageLock {
  let fault = "";
  return {
    kind,
    reason,
    get fault() {
      return fault;
    },
    lock(buffer) {
      const failed = calls.lock(new Uint8Array(buffer));
      fault = failed ?? fault;
      return failed === undefined;
    },
    unlock: (buffer) => calls.unlock(new Uint8Array(buffer)),
    close: () => calls.close(),
  };
}

function nothing(reason: string): PageLock {
  const none = (): void => undefined;
  return { kind: "none", reason, fault: reason, lock: () => false, unlock: none, close: none };
}

/**
 * cuMemHostRegister in the primary context of the first device, which is the one that libraries on top of CUDA use too.
 * The CUDA Driver API's C signatures; not tested on a machine with a GPU.
 */
function cudaCalls(koffi: Koffi): Calls {
  const driver = koffi.load(process.platform === "win32" ? "nvcuda.dll" : "libcuda.so.1");
  const initialize = driver.func("int cuInit(unsigned int flags)");
  const deviceAt = driver.func("int cuDeviceGet(_Out_ int *device, int ordinal)");
  const retain = driver.func("int cuDevicePrimaryCtxRetain(_Out_ void **context, int device)");
  const release = driver.func("int cuDevicePrimaryCtxRelease_v2(int device)");
  const push = driver.func("int cuCtxPushCurrent_v2(void *context)");
  const pop = driver.func("int cuCtxPopCurrent_v2(_Out_ void **context)");
  const register = driver.func("int cuMemHostRegister_v2(void *memory, size_t bytes, unsigned int flags)");
  const unregister = driver.func("int cuMemHostUnregister(void *memory)");
  const device = [0];
  const context: unknown[] = [null];
  require0("cuInit", initialize(0));
  require0("cuDeviceGet", deviceAt(device, 0));
  require0("cuDevicePrimaryCtxRetain", retain(context, device[0]));
  /** Leaves whatever context the thread had as it was. */
  const inContext = (act: () => number): number => {
    const pushed = push(context[0]);
    if (pushed !== 0) return pushed;
    const result = act();
    pop([null]);
    return result;
  };
  // CU_MEMHOSTREGISTER_PORTABLE: locked for every context, such as a library's own.
  const portable = 1;
  return {
    lock(memory) {
      const result = inContext(() => register(memory, memory.byteLength, portable));
      return result === 0 ? undefined : `cuMemHostRegister failed with CUDA error ${result}`;
    },
    unlock: (memory) => void inContext(() => unregister(memory)),
    close: () => void release(device[0]),
  };
}

function require0(name: string, result: number): void {
  if (result !== 0) throw new Error(`${name} failed with CUDA error ${result}`);
}

/** mlock on Linux and macOS, VirtualLock on Windows. */
function systemCalls(koffi: Koffi): Calls {
  const windows = process.platform === "win32";
  const library = koffi.load(windows ? "kernel32.dll" : null);
  const take = library.func(
    windows
      ? "int __stdcall VirtualLock(void *memory, size_t bytes)"
      : "int mlock(void *memory, size_t bytes)",
  );
  const give = library.func(
    windows
      ? "int __stdcall VirtualUnlock(void *memory, size_t bytes)"
      : "int munlock(void *memory, size_t bytes)",
  );
  return {
    lock(memory) {
      const result = take(memory, memory.byteLength);
      if (windows) return result === 0 ? "VirtualLock failed: the working set is too small" : undefined;
      return result === 0 ? undefined : faultOf(koffi, koffi.errno());
    },
    unlock: (memory) => void give(memory, memory.byteLength),
    close: () => undefined,
  };
}

function faultOf(koffi: Koffi, errno: number): string {
  const names = koffi.os.errno;
  const name = Object.keys(names).find((key) => names[key] === errno) ?? `error ${errno}`;
  const limit = lockedLimit();
  const over = ["ENOMEM", "EPERM", "EAGAIN"].includes(name);
  if (!over || limit === undefined) return `mlock failed with ${name}`;
  return `mlock failed with ${name}: this process may lock ${limit}; raise it with \`ulimit -l\`, LimitMEMLOCK in systemd, or --ulimit memlock in Docker`;
}

function systemNames(): { readonly name: string; readonly limit: string } {
  if (process.platform === "win32") return { name: "VirtualLock", limit: "" };
  const limit = lockedLimit();
  return { name: "mlock", limit: limit === undefined ? "" : `; the limit is ${limit}` };
}

/** RLIMIT_MEMLOCK as Linux tells it, such as "8192 KB"; undefined where it is not told. */
export function lockedLimit(): string | undefined {
  try {
    const [, soft] = /^Max locked memory\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return soft === undefined || soft === "unlimited" ? soft : `${Math.floor(Number(soft) / 1024)} KB`;
  } catch {
    return undefined;
  }
}
