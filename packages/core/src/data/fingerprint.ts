/** What identifies the content of files, without reading them. */
import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { setImmediate } from "node:timers/promises";

/** Files looked at before other work gets its turn. */
const atOnce = 1000;

/**
 * One text that changes when a file's path, size or time of last change does, or when one comes or goes: what a source
 * made of files returns as its `fingerprint`. Takes about 5 µs a file. Files that are not there count as such.
 *
 * @param paths absolute, in the order that the samples follow.
 */
export async function fingerprintFiles(paths: Iterable<string>): Promise<string> {
  const hash = createHash("sha256");
  let seen = 0;
  for (const path of paths) {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false });
    hash.update(JSON.stringify([path, found && `${found.size} ${found.mtimeNs}`]));
    if (++seen % atOnce === 0) await setImmediate();
  }
  return hash.digest("hex");
}
