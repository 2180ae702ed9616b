/** Which caches of a folder make room for others. */
import { randomBytes } from "node:crypto";
import { readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { amount, type Warn } from "./store.js";

/** The file by which a key's folder is known, and whose time says when it was last used. */
export const aboutName = "about.json";

/** Folders on their way out. */
const evictedPrefix = "evicted-";

interface KeyFolder {
  readonly name: string;
  readonly bytes: number;
  /** When it was opened last, in milliseconds since 1970. */
  readonly used: number;
}

/**
 * Removes the least recently used keys of the folder `root`, but not `key`, until all of them take `maxTotalBytes` at
 * most. A key that another process still reads goes on being read where its files are open, and its samples are made
 * again where they are not.
 */
export function evict(root: string, key: string, maxTotalBytes: number, inform: Warn): void {
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name } of folders) if (name.startsWith(evictedPrefix)) remove(join(root, name));
  const keys = folders.flatMap(({ name }) => keyFolder(root, name) ?? []).sort((a, b) => a.used - b.used);
  let total = keys.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { name, bytes, used } of keys) {
    if (total <= maxTotalBytes) return;
    if (name === key) continue;
    const folder = join(root, name);
    const leaving = join(root, evictedPrefix + randomBytes(8).toString("hex"));
    try {
      // Renamed at once, so that nobody opens half a cache.
      renameSync(folder, leaving);
    } catch {
      // Another process was first, or may not be disturbed.
      continue;
    }
    remove(leaving);
    total -= bytes;
    inform(
      { folder, bytes, maxTotalBytes },
      `the cache in ${folder}, last used ${new Date(used).toISOString()}, was removed to make room: ${amount(bytes)}; all caches there may take ${amount(maxTotalBytes)} (maxTotalBytes)`,
    );
  }
}

/** What is known of a key; undefined for any other folder, and for one that goes away at this moment. */
function keyFolder(root: string, name: string): KeyFolder | undefined {
  const folder = join(root, name);
  try {
    const used = statSync(join(folder, aboutName)).mtimeMs;
    const bytes = readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
    return { name, bytes, used };
  } catch {
    return undefined;
  }
}

function remove(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // Another process removes it too, or has its files open: the next to come tries again.
  }
}
