/** What decoders warn of, told once for each kind, by whichever thread meets it first. */
import type { Logger } from "@millrace/core";

/** Kinds that are told apart. */
const mostKinds = 256;

/** What threads share to know which kinds have been told. */
export function toldKinds(): SharedArrayBuffer {
  return new SharedArrayBuffer(mostKinds * 4);
}

/** Logs the first picture of each kind of fault. */
export function warnOnce(logger: Logger, told: SharedArrayBuffer): (path: string, reason: string) => void {
  const kinds = new Int32Array(told);
  return (path, reason) => {
    if (!isFirst(kinds, hashOf(reason))) return;
    logger.warn(
      { path },
      `${path} is read, but: ${reason} (told once for all such files; set onWarning to "error" to refuse them)`,
    );
  };
}

/** A table of hashes: each takes the first free cell after its own. */
function isFirst(told: Int32Array, hash: number): boolean {
  for (let i = 0; i < told.length; i++) {
    const found = Atomics.compareExchange(told, (hash + i) % told.length, 0, hash);
    if (found === 0) return true;
    if (found === hash) return false;
  }
  return false;
}

/** FNV-1a of the reason without its numbers, never 0. */
function hashOf(reason: string): number {
  let hash = 0x811c9dc5;
  for (const letter of reason.replace(/\d+/g, "")) {
    hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  }
  return hash & 0x7fffffff || 1;
}
