/** Files that are there whole or not at all, also after a crash or a power cut. */
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** Writes `content` beside `path`, waits until it is on the disk, calls `before`, and renames it to `path`. */
export async function replaceFile(
  path: string,
  content: string | Uint8Array | readonly Uint8Array[],
  before?: () => Promise<void>,
): Promise<void> {
  const partial = `${path}.partial`;
  try {
    const file = await open(partial, "w");
    try {
      if (Array.isArray(content))
        for (const part of content as readonly Uint8Array[]) await file.writeFile(part);
      else await file.writeFile(content as string | Uint8Array);
      await file.sync();
    } finally {
      await file.close();
    }
    await before?.();
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => {});
    // What the system says of an open file does not name it.
    if (error instanceof Error && "syscall" in error) Object.assign(error, { path });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Makes the new name itself durable; Windows does not let folders be opened. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
